import type { RemovalGroup, SaliencyMap, Selection } from '../domain/removal-group.js';
import { costOf } from '../domain/removal-group.js';
import { SecateurError } from '../errors.js';
import { floorOf, kindsOf, type SelectionLimits, stepOf, weigh } from './limits.js';
import { selectAlike, smallestCutAlike } from './select-alike.js';

/** Units that fall together, so that what is kept stays a multiple of the rounding. */
interface Chunk {
  readonly group: RemovalGroup;
  readonly units: readonly number[];
  /** Mean over the units. */
  readonly score: number;
  readonly cost: number;
}

/**
 * Chooses the least salient units until `quota` base parameters are gone, to the nearest unit of the finest kind (ranked
 * uniformly: to the nearest such unit in each group). Costs are parameters, never counts: a LLaMA-7B head is 171 MLP
 * channels. Heads are taken first, channels fill the rest.
 * @param already units removed before; they stay removed and count towards the quota
 * @returns all removed units, `already` included
 * @throws SecateurError E_BUDGET when the groups cannot give so much
 */
export const selectUnits = (
  saliency: SaliencyMap,
  groups: readonly RemovalGroup[],
  quota: number,
  limits: SelectionLimits,
  already: Selection = new Map(),
): Selection => {
  checkCapacity(groups, quota, limits);
  if (limits.alike) return selectAlike(saliency, groups, quota, limits, already);
  const picker = new Picker(saliency, groups, limits, already);
  const finest = Math.min(...groups.map(group => group.unitCost * stepOf(group, limits)));
  picker.pick(quota, quota + finest / 2);
  return picker.removed();
};

/**
 * Checks that the groups can give so much, and so little, before anything is measured.
 * @param beyondMinima whether groups may be emptied
 * @throws SecateurError E_BUDGET
 */
export const checkBudget = (
  groups: readonly RemovalGroup[],
  quota: number,
  limits: SelectionLimits,
  beyondMinima = false,
): void => {
  if (groups.length === 0 || !beyondMinima || quota > weigh(groups)) checkCapacity(groups, quota, limits);
  const smallest = smallestCut(groups, limits);
  if (2 * quota < smallest)
    throw new SecateurError(
      'E_BUDGET',
      `${count(quota)} parameters are to be removed, but the smallest ${limits.alike ? 'cut in every layer' : 'unit'} holds ${count(smallest)}`,
      { hint: 'raise prune.ratio' },
    );
};

/** The least that can be taken at once. */
const smallestCut = (groups: readonly RemovalGroup[], limits: SelectionLimits): number =>
  limits.alike ? smallestCutAlike(groups, limits) : Math.min(...groups.map(group => group.unitCost));

const count = (parameters: number): string => Math.round(parameters).toLocaleString('en');

/**
 * Checks that the groups can give so much.
 * @throws SecateurError E_BUDGET
 */
export const checkCapacity = (
  groups: readonly RemovalGroup[],
  quota: number,
  limits: SelectionLimits,
): void => {
  const available = capacityOf(groups, limits);
  const smallest = groups.length === 0 ? 0 : smallestCut(groups, limits);
  if (quota - available > smallest / 2)
    throw new SecateurError(
      'E_BUDGET',
      `${count(quota)} parameters are to be removed, but the prunable units hold only ${count(available)} above their minima`,
      {
        hint: 'lower prune.ratio, protect less (prune.protect, the protect option of the preset), or lower prune.minKvHeads, prune.minChannels and prune.rounding',
      },
    );
};

/** Parameters that the groups can give within the limits. */
export const capacityOf = (groups: readonly RemovalGroup[], limits: SelectionLimits): number =>
  groups.reduce((sum, group) => {
    const step = stepOf(group, limits);
    // What is kept of a group that is cut is a multiple of the step.
    const kept = Math.ceil(floorOf(group, limits) / step) * step;
    return sum + Math.max(0, group.units - kept) * group.unitCost;
  }, 0);

/** What is removed so far, and the ways to remove more. */
class Picker {
  readonly #removed: Map<string, number[]>;

  constructor(
    private readonly saliency: SaliencyMap,
    private readonly groups: readonly RemovalGroup[],
    private readonly limits: SelectionLimits,
    already: Selection,
  ) {
    this.#removed = new Map([...already].map(([id, units]) => [id, [...units]]));
  }

  removed(): Selection {
    return new Map([...this.#removed].map(([id, units]) => [id, units.toSorted((a, b) => a - b)]));
  }

  /** Up to `quota`; a coarse unit does not pass the ceiling while finer ones can fill the rest. */
  pick(quota: number, ceiling: number): void {
    if (this.limits.ranking === 'uniform') {
      if (this.#pickUniformly(quota)) return;
    } else if (this.limits.ranking === 'kind') this.#pickByKind(quota, ceiling);
    // The whole of a ranking in one list, or what floors and rounding kept back: taken wherever it is cheapest.
    const key = this.limits.ranking === 'score' ? perUnit : perParameter;
    this.#take(this.groups, quota, key, ceiling);
    this.#take(this.groups, quota, key);
  }

  #pickByKind(quota: number, ceiling: number): void {
    let rest = quota;
    let left = weigh(this.groups);
    for (const kind of kindsOf(this.groups)) {
      const own = this.groups.filter(group => group.kind === kind);
      this.#take(own, (rest * weigh(own)) / left, perUnit, ceiling);
      left -= weigh(own);
      rest -= costOf(this.#removed, own);
    }
  }

  /**
   * Every group of a kind gives the same share of its units, to the nearest cut; the finer kinds make up for what the
   * coarser ones gave too much or too little. Where they cannot, the coarser ones give less, if that comes nearer.
   * @returns whether the budget is met
   */
  #pickUniformly(quota: number): boolean {
    const kinds = kindsOf(this.groups).map(kind => this.groups.filter(group => group.kind === kind));
    const slack = this.#halfCuts(kinds.at(-1) ?? []);
    const { units, rest } = this.#uniformly(kinds, quota, slack);
    for (const [id, gone] of units) this.#removed.set(id, gone);
    return rest <= slack;
  }

  /** What kinds from the coarsest to the finest give of `quota`, and what is still missing then. */
  #uniformly(
    [own, ...finer]: readonly (readonly RemovalGroup[])[],
    quota: number,
    slack: number,
  ): { readonly units: ReadonlyMap<string, number[]>; readonly rest: number } {
    if (!own) return { units: new Map(), rest: quota };
    const share = Math.max(0, quota) / weigh([own, ...finer].flat());
    const attempt = (count: (group: RemovalGroup) => number, rounding: 0.5 | 0) => {
      const units = new Map(own.map(group => this.#nearest(group, count(group), rounding)));
      const behind = this.#uniformly(finer, quota - costOf(units, own), slack);
      return { units: new Map([...units, ...behind.units]), rest: behind.rest };
    };
    let best = attempt(group => group.units * share, 0.5);
    if (finer.length === 0 || Math.abs(best.rest) <= slack) return best;
    for (const less of [attempt(group => group.units * share, 0), attempt(() => 0, 0)])
      if (Math.abs(less.rest) < Math.abs(best.rest)) best = less;
    return best;
  }

  /** Half of what one more cut in each of the groups would cost. */
  #halfCuts(groups: readonly RemovalGroup[]): number {
    return groups.reduce((sum, group) => sum + (stepOf(group, this.limits) * group.unitCost) / 2, 0);
  }

  /**
   * The units that a group has lost when about `count` of them are gone: one more cut is made while more than `rounding`
   * of it lies below the count, and the floor allows it.
   */
  #nearest(group: RemovalGroup, count: number, rounding: 0.5 | 0): [id: string, units: number[]] {
    const gone = [...(this.#removed.get(group.id) ?? [])];
    for (const { units } of this.#chunks(group)) {
      const isReached = count - gone.length < (1 - rounding) * units.length;
      if (isReached || group.units - gone.length - units.length < floorOf(group, this.limits)) break;
      gone.push(...units);
    }
    return [group.id, gone];
  }

  /**
   * Takes chunks in order while they fit; one that overshoots by less than half of itself still fits.
   * @param quota of the groups
   * @param ceiling of all groups together
   */
  #take(
    groups: readonly RemovalGroup[],
    quota: number,
    key: (chunk: Chunk) => number,
    ceiling = Number.POSITIVE_INFINITY,
  ): void {
    let rest = quota - costOf(this.#removed, groups);
    let room = ceiling - costOf(this.#removed, this.groups);
    for (const { group, units, cost } of this.#ranked(groups, key)) {
      const gone = this.#removed.get(group.id) ?? [];
      const kept = group.units - gone.length - units.length;
      if (cost > 2 * rest || cost > room || kept < floorOf(group, this.limits)) continue;
      this.#removed.set(group.id, [...gone, ...units]);
      rest -= cost;
      room -= cost;
    }
  }

  #ranked(groups: readonly RemovalGroup[], key: (chunk: Chunk) => number): Chunk[] {
    return groups
      .flatMap(group => this.#chunks(group))
      .sort((a, b) => key(a) - key(b) || byCodeUnits(a.group.id, b.group.id) || a.units[0]! - b.units[0]!);
  }

  /** A group's remaining units by rising score, cut into chunks that keep the rest a multiple of the rounding. */
  #chunks(group: RemovalGroup): Chunk[] {
    const scores = this.saliency.get(group.id)!;
    const gone = new Set(this.#removed.get(group.id));
    const units = [...scores.keys()]
      .filter(unit => !gone.has(unit))
      .sort((a, b) => scores[a]! - scores[b]! || a - b);
    const step = stepOf(group, this.limits);
    const chunks: Chunk[] = [];
    for (let at = 0, size = units.length % step || step; at < units.length; at += size, size = step) {
      const part = units.slice(at, at + size);
      const score = part.reduce((sum, unit) => sum + scores[unit]!, 0) / part.length;
      chunks.push({ group, units: part, score, cost: part.length * group.unitCost });
    }
    return chunks;
  }
}

/** The same order on every machine, whatever its locale. */
const byCodeUnits = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

const perUnit = (chunk: Chunk): number => chunk.score;
const perParameter = (chunk: Chunk): number => chunk.score / chunk.group.unitCost;
