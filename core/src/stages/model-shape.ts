import type { KnowledgeMap } from '../domain/knowledge.js';
import type { RemovalGroup, Selection } from '../domain/removal-group.js';
import { SecateurError } from '../errors.js';
import { emptiedLayers } from '../model/emptied.js';
import type { LiveModel } from '../model/live-model.js';
import { areAlike } from '../model/written-shape.js';
import type { RunContext } from '../run-context.js';

const hint = 'choose another export.shape: per-layer, padded';

/**
 * Checks that the model can be written in the shape that is asked for, before anything is measured.
 * @param candidates groups that may be cut
 * @throws SecateurError E_EXPORT for a model that has no such shape, E_CONFIG_INVALID where only some layers may be cut
 */
export const checkShape = (
  { config }: RunContext,
  { source: { tracer, config: model, tensors }, groups }: LiveModel,
  candidates: readonly RemovalGroup[],
): void => {
  const { shape } = config.export;
  if (shape === 'per-layer') return;
  if (shape === 'padded' && !tracer.pad)
    throw new SecateurError('E_EXPORT', 'models of this architecture cannot be padded', {
      hint: 'choose another export.shape: per-layer, uniform',
    });
  if (shape === 'uniform' && !areAlike(tracer.layers(model)))
    throw new SecateurError(
      'E_EXPORT',
      'export.shape is "uniform", but the layers of the model differ in size already',
      { hint },
    );
  // Layers that all lack a part are alike, and no stock model for all that.
  tracer.pad?.(model, new Map([...tensors].map(([name, ref]) => [name, ref.shape])));
  if (shape === 'padded') return;
  for (const kind of new Set(candidates.map(group => group.kind))) {
    const all = groups.filter(group => group.kind === kind);
    const own = new Map(candidates.filter(group => group.kind === kind).map(group => [group.id, group]));
    const missing = all.find(({ id }) => !own.has(id));
    if (missing || own.size !== all.length)
      throw new SecateurError(
        'E_CONFIG_INVALID',
        `export.shape is "uniform", but only ${own.size} of ${all.length} ${kind} groups may be cut${missing ? `: not ${missing.id}` : ''}`,
        { hint: 'protect that kind in every layer (prune.protect, plugins), or leave it out of prune.kinds' },
      );
    if (new Set([...own.values()].map(({ units }) => units)).size > 1)
      throw new SecateurError(
        'E_EXPORT',
        `export.shape is "uniform", but the ${kind} groups differ in their number of units`,
        { hint },
      );
  }
};

/**
 * Layers that must stay alike cannot be protected one by one: what the analysis would protect of a kind is cut like
 * the rest, unless it is all of that kind.
 */
export const protectAlike = (
  { config, log }: RunContext,
  { rows }: KnowledgeMap,
  groups: readonly RemovalGroup[],
): KnowledgeMap => {
  const kindOf = new Map(groups.map(({ id, kind }) => [id, kind]));
  const saved = new Set(rows.filter(row => row.protected).map(row => row.group));
  const split = new Set(
    groups.flatMap(({ id, kind }) =>
      saved.has(id) && groups.some(other => other.kind === kind && !saved.has(other.id)) ? [kind] : [],
    ),
  );
  if (config.export.shape !== 'uniform' || split.size === 0) return { rows };
  const given = rows.filter(row => row.protected && split.has(kindOf.get(row.group)!));
  log(
    'warn',
    `export.shape is "uniform", so that no layer can be spared: ${given.length} groups that the knowledge analysis would protect are cut like the others`,
  );
  return { rows: rows.map(row => (given.includes(row) ? { ...row, protected: false } : row)) };
};

/**
 * Checks that what is removed leaves the layers alike. Methods and plugins may remove what they like; layers that go
 * whole are left out of what is written.
 * @param all groups of the model
 * @throws SecateurError E_EXPORT
 */
export const checkAlike = (
  { config }: RunContext,
  removed: Selection,
  groups: readonly RemovalGroup[],
  all: readonly RemovalGroup[] = groups,
): void => {
  if (config.export.shape !== 'uniform') return;
  const whole = emptiedLayers(all, removed);
  const stay = groups.filter(({ layer }) => !whole.has(layer));
  for (const kind of new Set(stay.map(group => group.kind))) {
    const counts = stay.filter(group => group.kind === kind).map(({ id }) => removed.get(id)?.length ?? 0);
    if (new Set(counts).size > 1)
      throw new SecateurError(
        'E_EXPORT',
        `export.shape is "uniform", but from ${Math.min(...counts)} to ${Math.max(...counts)} units were chosen in the ${kind} groups`,
        { hint: 'leave out the plugin that changes the selection, or choose another export.shape' },
      );
  }
};
