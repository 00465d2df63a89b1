import { type RemovalGroup, type Rng, type SelectionLimits, stepOf } from '@secateur/core';

/** A group with the numbers of removed units that the limits allow, ascending. */
export interface Slot {
  readonly group: RemovalGroup;
  readonly counts: readonly number[];
}

/** Removed units of each slot, in the order of the slots. */
export type Counts = readonly number[];

/** Parameters that some removed units hold. */
export const costOfCounts = (slots: readonly Slot[], counts: Counts): number =>
  slots.reduce((sum, { group }, i) => sum + counts[i]! * group.unitCost, 0);

/** Levels of a group: what moves at once is this share of its units. */
const LEVELS = 16;
/** Draws of a move that does not fit, before none is made. */
const draws = 32;

/**
 * Moves of a level from one group to another: one loses more units, the other gets as many parameters back, of whatever
 * kind they are.
 */
export class Moves {
  /** Parameters of the least that a group can give. */
  readonly #steps: readonly number[];
  readonly #tolerance: number;

  /**
   * @param quota parameters that any counts come to
   * @param start counts that set how near to it they come, where that is not within half of the finest step
   */
  constructor(
    private readonly slots: readonly Slot[],
    private readonly limits: SelectionLimits,
    private readonly quota: number,
    start: Counts,
  ) {
    this.#steps = slots.map(({ group }) => stepOf(group, limits) * group.unitCost);
    this.#tolerance = Math.max(Math.min(...this.#steps) / 2, this.#miss(start));
  }

  /** Other counts of the same budget, 1 to 3 moves away; the same where no move fits. */
  mutant(counts: Counts, rng: Rng): Counts {
    let mutant = counts;
    for (let left = 1 + rng.integer(3); left > 0; left--) mutant = this.#moved(mutant, rng);
    return mutant;
  }

  #moved(counts: Counts, rng: Rng): Counts {
    const n = this.slots.length;
    if (n < 2) return counts;
    for (let draw = 0; draw < draws; draw++) {
      const from = rng.integer(n);
      const to = (from + 1 + rng.integer(n - 1)) % n;
      const moved = this.move(counts, from, to);
      if (moved) return moved;
    }
    return counts;
  }

  /** A level less kept of `from`, and more of `to`; undefined where the limits or the budget do not allow it. */
  move(counts: Counts, from: number, to: number): Counts | undefined {
    const [a, b] = [this.#steps[from]!, this.#steps[to]!];
    const size = Math.max(a, b, Math.min(this.#level(from), this.#level(to)));
    // The coarser one moves first: the finer one can meet what it makes, not the other way round.
    const [first, second, sign] = a < b ? [to, from, -1] : [from, to, 1];
    const moved = [...counts];
    const wanted = counts[first]! + (sign * size) / this.slots[first]!.group.unitCost;
    moved[first] = nearest(this.slots[first]!.counts, wanted);
    moved[second] = 0;
    const { counts: allowed, group } = this.slots[second]!;
    moved[second] = nearest(allowed, (this.quota - costOfCounts(this.slots, moved)) / group.unitCost);
    const isMove = moved[from]! > counts[from]! && moved[to]! < counts[to]!;
    return isMove && this.#miss(moved) <= this.#tolerance ? moved : undefined;
  }

  #level(slot: number): number {
    const { group } = this.slots[slot]!;
    const step = stepOf(group, this.limits);
    return Math.max(1, Math.round(group.units / LEVELS / step)) * step * group.unitCost;
  }

  #miss(counts: Counts): number {
    return Math.abs(this.quota - costOfCounts(this.slots, counts));
  }
}

/** The nearest of ascending numbers, the smaller one of two. */
const nearest = (numbers: readonly number[], wanted: number): number =>
  numbers.reduce((best, x) => (Math.abs(x - wanted) < Math.abs(best - wanted) ? x : best));
