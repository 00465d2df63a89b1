import type { RemovalGroup } from '../domain/removal-group.js';
import { SecateurError } from '../errors.js';
import { consumerOf } from '../graph/insert-gates.js';
import type { LiveModel } from '../model/live-model.js';
import type { RunContext } from '../run-context.js';

/**
 * Groups that may be cut: prunable, of the wanted kinds, not protected by the user or vetoed by a plugin.
 * @throws SecateurError E_CONFIG_INVALID for a wanted kind whose units no gate can close
 */
export const candidateGroups = async (run: RunContext, model: LiveModel): Promise<RemovalGroup[]> => {
  const { kinds, protect } = run.config.prune;
  const groups = await run.hooks.groups.promise([...model.groups], run);
  const candidates = groups.filter(
    group =>
      group.unprunable === undefined &&
      kinds.includes(group.kind) &&
      !protect.some(
        name => group.id === name || group.module === name || group.module.startsWith(`${name}.`),
      ) &&
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

/** Base parameters to remove. */
export const quotaOf = (run: RunContext, model: LiveModel): number => {
  const { ratio, of } = run.config.prune;
  const count = model.count();
  return ratio * (of === 'model' ? count.model : count.blocks);
};
