import { kindsOf, weigh } from '@secateur/core';
import { fill, type Slot } from './fill.js';

/** How kinds of unit share the budget: each gives its part of it, or all compete by their deviations. */
export type Kinds = 'apart' | 'together';

/**
 * Units to remove of each group, by id, as near to `fill` as the allowed numbers come: rounded down, and then one step
 * more where most is lacking, until less than half a step is left of the budget. Coarse kinds are rounded first, and
 * finer ones make up for it.
 * @param quota parameters, what is gone already included
 */
export const spread = (slots: readonly Slot[], quota: number, kinds: Kinds): Map<string, number> => {
  const plan = new Plan(slots, quota);
  let open = slots;
  for (const kind of kindsOf(slots.map(({ group }) => group))) {
    const own = open.filter(({ group }) => group.kind === kind);
    const finer = open.filter(({ group }) => group.kind !== kind);
    const joint = kinds === 'together' ? fill(open, plan.rest + plan.cost(open)) : [];
    const wanted =
      kinds === 'together'
        ? open.reduce((sum, { group }, i) => sum + (group.kind === kind ? joint[i]! * group.unitCost : 0), 0)
        : ((plan.rest + plan.cost(open)) * weigh(groupsOf(own))) / weigh(groupsOf(open));
    // What finer kinds cannot give must come from here.
    const budget = Math.max(wanted, plan.rest + plan.cost(open) - mostOf(finer));
    plan.give(own, budget);
    open = finer;
  }
  // What floors and rounding kept back comes from wherever it fits.
  plan.raise(slots, plan.rest, Number.POSITIVE_INFINITY);
  return plan.counts;
};

const groupsOf = (slots: readonly Slot[]) => slots.map(({ group }) => group);

const mostOf = (slots: readonly Slot[]): number =>
  slots.reduce((sum, { group, counts }) => sum + counts.at(-1)! * group.unitCost, 0);

/** Numbers of removed units, and the ways to remove more. */
class Plan {
  readonly counts: Map<string, number>;
  readonly #targets = new Map<Slot, number>();
  /** Half of the smallest step: the budget is passed by no more while a smaller step could fill it. */
  readonly #half: number;

  constructor(
    private readonly slots: readonly Slot[],
    private readonly quota: number,
  ) {
    this.counts = new Map(slots.map(({ group, counts }) => [group.id, counts[0]!]));
    const steps = slots.flatMap(({ group, counts }) =>
      counts.slice(1).map((count, i) => (count - counts[i]!) * group.unitCost),
    );
    this.#half = Math.min(...steps) / 2;
  }

  /** Parameters that are missing. */
  get rest(): number {
    return this.quota - this.cost(this.slots);
  }

  cost(slots: readonly Slot[]): number {
    return slots.reduce((sum, { group }) => sum + this.counts.get(group.id)! * group.unitCost, 0);
  }

  /** Lets the groups give `budget` parameters in all. */
  give(slots: readonly Slot[], budget: number): void {
    for (const [i, target] of fill(slots, budget).entries()) {
      const slot = slots[i]!;
      this.#targets.set(slot, target);
      this.counts.set(slot.group.id, slot.counts.findLast(count => count <= target)!);
    }
    this.raise(slots, budget - this.cost(slots), this.rest + this.#half);
  }

  /**
   * One step more where most of it is lacking, as long as a step fits: one that passes `rest` by less than half of
   * itself does.
   * @param room parameters that no step may pass
   */
  raise(slots: readonly Slot[], rest: number, room: number): void {
    let [left, space] = [rest, room];
    for (;;) {
      const steps = slots.flatMap(slot => {
        const count = this.counts.get(slot.group.id)!;
        const next = slot.counts.find(allowed => allowed > count);
        if (next === undefined) return [];
        const cost = (next - count) * slot.group.unitCost;
        if (cost > 2 * left || cost > space) return [];
        return [{ id: slot.group.id, next, cost, lack: (this.#targets.get(slot)! - count) / (next - count) }];
      });
      const [first, ...others] = steps;
      if (!first) return;
      const { id, next, cost } = others.reduce((best, step) => (step.lack > best.lack ? step : best), first);
      this.counts.set(id, next);
      left -= cost;
      space -= cost;
    }
  }
}
