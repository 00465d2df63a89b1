/** Where a step lies: in the warm-up, or at step `t` of period `period`. */
export type Position =
  | { readonly phase: 'warmup' }
  | { readonly phase: 'fade'; readonly period: number; readonly t: number };

/** Steps of warm-up and periods, counted in whole training steps. */
export interface LhspgSchedule {
  readonly warmup: number;
  readonly periods: number;
  /** Steps of one period, T_p. */
  readonly length: number;
  readonly steps: number;
}

/** At least one step for each period; shares are of `total` steps. */
export const planPeriods = (
  total: number,
  { periods, warmup, share }: { readonly periods: number; readonly warmup: number; readonly share: number },
): LhspgSchedule => {
  const rise = Math.round(total * warmup);
  const length = Math.max(1, Math.round((total * share) / periods));
  return { warmup: rise, periods, length, steps: rise + periods * length };
};

export const positionOf = (step: number, { warmup, length }: LhspgSchedule): Position =>
  step < warmup
    ? { phase: 'warmup' }
    : { phase: 'fade', period: Math.floor((step - warmup) / length), t: (step - warmup) % length };

/** Share of the budget that is gone after a period, counted from 0. Cubic: 1 - (1 - x)³ (LoRAPrune, arXiv 2305.18403). */
export const quotaAfter = (period: number, periods: number, shape: 'linear' | 'cubic'): number => {
  const x = (period + 1) / periods;
  return shape === 'linear' ? x : 1 - (1 - x) ** 3;
};

/** How a unit fades over a period. */
export type Decay = 'linear' | 'quadratic';

const shaped = (level: number, decay: Decay): number => (decay === 'linear' ? level : level * level);

/**
 * Factor by which a fading row is multiplied after step t of T: (T - t - 1) / (T - t), or its square. The factors telescope
 * to what is left before step t + 1, so the row is zero after the last step (linear: λ = ‖x‖ / (T - t) in Alg. 4).
 */
export const decayAfter = (t: number, length: number, decay: Decay = 'linear'): number =>
  shaped((length - t - 1) / (length - t), decay);

/** What is left of a fading unit before step t: 1 - t / T, or its square. */
export const levelAt = (t: number, length: number, decay: Decay = 'linear'): number =>
  shaped(1 - t / length, decay);
