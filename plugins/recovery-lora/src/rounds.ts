import type { SourceData } from '@secateur/core';

/**
 * How many sequences of each source a round reads: shares times count, rounded so that they add up (largest remainder).
 */
export const apportion = (weights: readonly number[], count: number): number[] => {
  const exact = weights.map(weight => weight * count);
  const whole = exact.map(Math.floor);
  const order = [...exact.keys()].sort((a, b) => exact[b]! - whole[b]! - (exact[a]! - whole[a]!) || a - b);
  const missing = count - whole.reduce((sum, n) => sum + n, 0);
  for (const index of order.slice(0, missing)) whole[index]!++;
  return whole;
};

/** Whether the best of the losses is `patience` rounds old, where better means lower by a share of `tolerance`. */
export const hasConverged = (losses: readonly number[], patience: number, tolerance: number): boolean => {
  let best = Number.POSITIVE_INFINITY;
  let age = 0;
  for (const loss of losses) {
    if (loss < best * (1 - tolerance)) {
      best = loss;
      age = 0;
    } else age++;
  }
  return patience > 0 && age >= patience;
};

/** Steps of one round: all steps are spent, the first rounds take the remainder. */
export const roundSteps = (steps: number, rounds: number, round: number): number =>
  Math.floor(steps / rounds) + Number(round < steps % rounds);

/** Source indices, as many of each as counted, in a seeded order. */
export const shuffled = (
  counts: readonly number[],
  rng: { permutation(n: number): Int32Array },
): number[] => {
  const flat = counts.flatMap((count, source) => Array<number>(count).fill(source));
  return [...rng.permutation(flat.length)].map(i => flat[i]!);
};

/** For each place in the order, which sequence of its source it reads, counted over the whole recovery. */
export const readHeads = (
  order: readonly number[],
  sources: readonly SourceData[],
  read: Readonly<Record<string, number>>,
): number[] => {
  const next = sources.map(({ name }) => read[name] ?? 0);
  return order.map(source => next[source]!++);
};
