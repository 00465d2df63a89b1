import type { IterativeOptions } from './options.js';

/** Units are closed before this step, until this part of the budget is gone. */
export interface Closing {
  readonly step: number;
  /** In [0, 1]; 1 at the last one. */
  readonly budget: number;
}

export interface IterativeSchedule {
  readonly steps: number;
  /** Ascending, at least one; a step at the least is trained behind the last one. */
  readonly closings: readonly Closing[];
}

/**
 * Part of the budget that is gone at a progress in [0, 1] from the first closing to the last: with ratios r,
 * r(t) = r_f + (r_0 − r_f) (1 − progress)³ (LoRAPrune, arXiv 2305.18403), divided by r_f.
 */
export const budgetAt = (progress: number, initial: number): number =>
  1 + (initial - 1) * (1 - progress) ** 3;

/** Every `frequency` steps from the warm-up's end to the cool-down's beginning, where the last one is. */
export const planClosings = (
  total: number,
  {
    share,
    warmup,
    cooldown,
    frequency,
    initial,
  }: Pick<IterativeOptions, 'share' | 'warmup' | 'cooldown' | 'frequency' | 'initial'>,
): IterativeSchedule => {
  const steps = Math.max(1, Math.round(total * share));
  const last = Math.min(steps - 1, steps - Math.round(steps * cooldown));
  const first = Math.max(0, Math.min(last, Math.round(steps * warmup)));
  const closings: Closing[] = [];
  for (let step = first; step < last; step += frequency)
    closings.push({ step, budget: budgetAt((step - first) / (last - first), initial) });
  return { steps, closings: [...closings, { step: Math.max(first, last), budget: 1 }] };
};
