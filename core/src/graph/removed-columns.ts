import type { RemovalGroup, Selection } from '../domain/removal-group.js';
import { consumerOf } from './insert-gates.js';
import { indicesOfUnit } from './layout.js';

/**
 * Columns that read removed units, by the weight that they are of.
 * @param groups each with a single consumer
 */
export const removedColumns = (
  groups: readonly RemovalGroup[],
  removed: Selection,
): ReadonlyMap<string, ReadonlySet<number>> => {
  const columns = new Map<string, Set<number>>();
  for (const group of groups) {
    const { param, layout } = consumerOf(group)!;
    const own = columns.get(param) ?? new Set();
    for (const unit of removed.get(group.id) ?? [])
      for (const column of indicesOfUnit(layout, group.dimension, unit)) own.add(column);
    columns.set(param, own);
  }
  return columns;
};
