import type { RemovalGroup } from '@secateur/core';

/** Ids of the ⌈share · n⌉ groups with the largest deviation. */
export const mostDeviating = (
  rows: readonly { readonly group: string; readonly deviation: number }[],
  share: number,
): string[] =>
  [...rows]
    .sort((a, b) => b.deviation - a.deviation || (a.group < b.group ? -1 : 1))
    .slice(0, Math.ceil(share * rows.length))
    .map(row => row.group);

/** The lowest-scoring `ratio` of a group's units, at least one, never all. */
export const lowest = (scores: Float32Array, ratio: number): number[] => {
  const order = [...scores.keys()].sort((a, b) => scores[a]! - scores[b]! || a - b);
  return order.slice(0, Math.min(scores.length - 1, Math.max(1, Math.round(ratio * scores.length))));
};

/** Parameters that the groups outside of `protectedIds` can give when each keeps a tenth. */
export const capacityWithout = (groups: readonly RemovalGroup[], protectedIds: ReadonlySet<string>): number =>
  groups
    .filter(group => !protectedIds.has(group.id))
    .reduce((sum, group) => sum + Math.floor(group.units * 0.9) * group.unitCost, 0);
