import type { RemovalGroup, SaliencyMap, Selection } from '../domain/removal-group.js';
import { allowedCounts, kindsOf, type SelectionLimits, stepOf, weigh } from './limits.js';

/** The groups of one kind, one in each layer and all of one size. */
interface Kind {
  readonly groups: readonly RemovalGroup[];
  /** Units of each group. */
  readonly units: number;
  /** Parameters that go with one unit of every group. */
  readonly cost: number;
  /** Numbers of removed units that the limits allow, ascending. */
  readonly counts: readonly number[];
}

/** Removed units of each kind, from the coarsest to the finest, and what is missing then. */
interface Plan {
  readonly counts: readonly number[];
  readonly rest: number;
}

/**
 * Chooses the same number of units in all groups of a kind, the least salient of each, so that the parameters that go
 * come as near to `quota` as such numbers can. Among equal plans that one is taken in which every kind gives its share.
 * @param already units removed before; they stay removed and count towards the quota
 */
export const selectAlike = (
  saliency: SaliencyMap,
  groups: readonly RemovalGroup[],
  quota: number,
  limits: SelectionLimits,
  already: Selection,
): Selection => {
  const kinds = kindsOf(groups).map((kind): Kind => {
    const own = groups.filter(group => group.kind === kind);
    const gone = Math.max(...own.map(({ id }) => already.get(id)?.length ?? 0));
    return {
      groups: own,
      units: own[0]!.units,
      cost: costOfEach(own),
      counts: allowedCounts(own[0]!, gone, limits),
    };
  });
  const finest = kinds.at(-1);
  const slack = finest ? (finest.cost * stepOf(finest.groups[0]!, limits)) / 2 : 0;
  const { counts } = plan(kinds, quota, slack);
  return new Map([
    ...already,
    ...kinds.flatMap(({ groups: own }, i) =>
      own.map(({ id }) => [id, lowest(saliency.get(id)!, counts[i]!, already.get(id) ?? [])] as const),
    ),
  ]);
};

/** Parameters of the smallest cut that all groups of a kind can make together. */
export const smallestCutAlike = (groups: readonly RemovalGroup[], limits: SelectionLimits): number =>
  Math.min(
    ...kindsOf(groups).map(kind => {
      const own = groups.filter(group => group.kind === kind);
      return costOfEach(own) * stepOf(own[0]!, limits);
    }),
  );

const costOfEach = (groups: readonly RemovalGroup[]): number =>
  groups.reduce((sum, { unitCost }) => sum + unitCost, 0);

/** Coarse kinds are tried from their share outwards, until the finest can make up for the rest. */
const plan = ([own, ...finer]: readonly Kind[], quota: number, slack: number): Plan => {
  if (!own) return { counts: [], rest: quota };
  const all = [own, ...finer].flatMap(({ groups }) => groups);
  const target = (own.units * Math.max(0, quota)) / weigh(all);
  let best: Plan | undefined;
  for (const count of nearestFirst(own.counts, target)) {
    const behind = plan(finer, quota - count * own.cost, slack);
    if (!best || Math.abs(behind.rest) < Math.abs(best.rest))
      best = { counts: [count, ...behind.counts], rest: behind.rest };
    // With nothing finer behind it, the nearest is the best.
    if (finer.length === 0 || Math.abs(best.rest) <= slack) break;
  }
  return best!;
};

const nearestFirst = (counts: readonly number[], target: number): readonly number[] =>
  counts.toSorted((a, b) => Math.abs(a - target) - Math.abs(b - target) || a - b);

/** Indices of `count` units, those removed before and then the least salient, ascending. */
export const lowest = (
  scores: Float32Array,
  count: number,
  already: readonly number[],
): readonly number[] => {
  const gone = new Set(already);
  const ranked = [...scores.keys()]
    .filter(unit => !gone.has(unit))
    .sort((a, b) => scores[a]! - scores[b]! || a - b);
  return [...already, ...ranked.slice(0, count - already.length)].sort((a, b) => a - b);
};
