import { z } from 'zod';

/** Options of the iterative optimizer. */
export const iterativeOptions = z.strictObject({
  /** Share of the run's training tokens that pruning takes. */
  share: z.number().gt(0).max(0.95).default(0.5),
  /** Share of the pruning steps before the first closing. */
  warmup: z.number().min(0).max(0.9).default(0.1),
  /** Share of the pruning steps behind the last closing. */
  cooldown: z.number().min(0).max(0.9).default(0.1),
  /** Steps from one closing to the next. */
  frequency: z.number().int().min(1).default(10),
  /** Part of the budget that the first closing takes, r_0 / r_f; at 0 it only begins the average. */
  initial: z.number().min(0).max(1).default(0),
  /** How much of the average of the scores stays at each closing. */
  decay: z.number().min(0).lt(1).default(0.9),
});

export type IterativeOptions = z.output<typeof iterativeOptions>;
