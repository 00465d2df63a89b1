import type { RemovalGroup } from '@secateur/core';

/** A group with what it may give. */
export interface Slot {
  readonly group: RemovalGroup;
  /** Numbers of removed units that the limits allow, ascending; the first is what is gone already. */
  readonly counts: readonly number[];
  /** The removed share of its units is proportional to this. */
  readonly weight: number;
}

/** ε, as a share of the mean deviation: a group that knows nothing gives about 10 times what the mean one gives. */
const small = 0.01;

/**
 * Weight of each group by its deviation d: (d⁺ + ε)^(−power), with d⁺ = max(d, 0) and ε a hundredth of the mean of all
 * d⁺, so that the weights do not depend on the deviations' unit. All are 1 where no group deviates.
 * @param deviations rise of the loss per million parameters
 */
export const weightsOf = (deviations: readonly number[], power: number): readonly number[] => {
  const positive = deviations.map(d => Math.max(d, 0));
  const mean = positive.reduce((sum, d) => sum + d, 0) / positive.length;
  return positive.map(d => (mean > 0 ? ((d + small * mean) / mean) ** -power : 1));
};

/**
 * Removed units of each group, not yet rounded: λ · weight · units, held between the group's least and largest number,
 * with the λ at which the groups give `budget` parameters. Where they cannot give so much or so little, each gives
 * its largest or least number.
 */
export const fill = (slots: readonly Slot[], budget: number): readonly number[] => {
  const at = (lambda: number): readonly number[] =>
    slots.map(({ group, counts, weight }) =>
      Math.min(Math.max(lambda * weight * group.units, counts[0]!), counts.at(-1)!),
    );
  const cost = (units: readonly number[]): number =>
    units.reduce((sum, count, i) => sum + count * slots[i]!.group.unitCost, 0);
  let [low, high] = [0, Math.max(0, ...slots.map(({ weight }) => 1 / weight))];
  if (cost(at(high)) <= budget) return at(high);
  for (let middle = high / 2; low < middle && middle < high; middle = (low + high) / 2)
    if (cost(at(middle)) <= budget) low = middle;
    else high = middle;
  return at(low);
};
