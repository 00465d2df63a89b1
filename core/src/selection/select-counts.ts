import type { RemovalGroup, SaliencyMap, Selection } from '../domain/removal-group.js';
import { lowest } from './select-alike.js';

/**
 * The least salient units of each group, as many as an allocation says.
 * @param counts removed units by group id; those removed before are among them
 */
export const selectCounts = (
  saliency: SaliencyMap,
  groups: readonly RemovalGroup[],
  counts: ReadonlyMap<string, number>,
  already: Selection,
): Selection =>
  new Map(
    groups.flatMap(({ id, units }) => {
      const gone = already.get(id) ?? [];
      const count = Math.max(gone.length, counts.get(id) ?? 0);
      if (!Number.isInteger(count) || count > units)
        throw new Error(`the allocation takes ${count} units of ${id}, which has ${units}`);
      return count === 0 ? [] : [[id, lowest(saliency.get(id)!, count, gone)] as const];
    }),
  );
