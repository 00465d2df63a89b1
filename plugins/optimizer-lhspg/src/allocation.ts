import { lowest, type SaliencyMap, type Selection } from '@secateur/core';

/** Units that each group is to lose in the end, by group id. */
export type Counts = ReadonlyMap<string, number>;

export const countsOf = (selection: Selection): Counts =>
  new Map([...selection].map(([id, units]) => [id, units.length]));

/**
 * The least salient units of each group, until a share of its count is gone, to the nearest unit. All of it at 1.
 * @param already units removed before; they stay removed
 * @returns all removed units, `already` included
 */
export const leastWithin = (
  saliency: SaliencyMap,
  counts: Counts,
  share: number,
  already: Selection,
): Selection =>
  new Map(
    [...counts].map(([id, count]) => {
      const gone = already.get(id) ?? [];
      return [id, lowest(saliency.get(id)!, Math.max(gone.length, Math.round(count * share)), gone)];
    }),
  );
