import type { ResolvedConfig } from '../config/schema.js';
import type { RemovalGroup } from '../domain/removal-group.js';
import { didYouMean, SecateurError } from '../errors.js';
import { consumerOf } from '../graph/insert-gates.js';
import type { LiveModel } from '../model/live-model.js';
import type { RunContext } from '../run-context.js';
import type { SelectionLimits } from '../selection/limits.js';

/**
 * Groups that may be cut: prunable, of the wanted kinds, not protected by the user or vetoed by a plugin.
 * @throws SecateurError E_CONFIG_INVALID for a wanted kind whose units no gate can close, or a protected name of nothing
 */
export const candidateGroups = async (run: RunContext, model: LiveModel): Promise<RemovalGroup[]> => {
  const { kinds, protect } = run.config.prune;
  const groups = await run.hooks.groups.promise([...model.groups], run);
  checkProtected(protect, groups);
  const candidates = groups.filter(
    group =>
      group.unprunable === undefined &&
      kinds.includes(group.kind) &&
      !protect.some(name => covers(name, group)) &&
      run.hooks.prunable.call(group) !== false,
  );
  const open = candidates.find(group => !consumerOf(group));
  if (open)
    throw new SecateurError(
      'E_CONFIG_INVALID',
      `prune.kinds names "${open.kind}", but the units of ${open.id} are not read by one single layer, so that no gate can close them`,
      { hint: 'prune kv-head, query-head or channel' },
    );
  return candidates;
};

const covers = (name: string, { id, module }: RemovalGroup): boolean =>
  id === name || module === name || module.startsWith(`${name}.`);

/** A name that protects nothing is a slip that would cost what it was to save. */
const checkProtected = (protect: readonly string[], groups: readonly RemovalGroup[]): void => {
  const stray = protect.find(name => !groups.some(group => covers(name, group)));
  if (stray === undefined) return;
  const near = didYouMean(
    stray,
    groups.flatMap(({ id, module }) => [module, id]),
  );
  throw new SecateurError(
    'E_CONFIG_INVALID',
    `prune.protect names "${stray}", expected the id of a removal group or the path of a module that holds one`,
    { hint: `${near === undefined ? '' : `Did you mean "${near}"? `}Run: npx secateur trace --model DIR` },
  );
};

/** What a selection of this run may not do. */
export const limitsOf = ({ prune, export: { shape } }: ResolvedConfig): SelectionLimits => ({
  ...prune,
  alike: shape === 'uniform',
});

/** Base parameters to remove. */
export const quotaOf = (run: RunContext, model: LiveModel): number => {
  const { ratio, of } = run.config.prune;
  const count = model.count();
  return ratio * (of === 'model' ? count.model : count.blocks);
};
