import { z } from 'zod';

/** Options of the mask training. */
export const shearedOptions = z.strictObject({
  /** Share of the run's training tokens that pruning takes. */
  share: z.number().gt(0).max(0.95).default(0.5),
  /** Share of the pruning steps in which the target of the sparsity rises from 0. */
  warmup: z.number().min(0).max(1).default(0.2),
  /** Learning rate of log α. */
  maskRate: z.number().gt(0).default(1),
  /** Learning rate of the multipliers, by which the Lagrangian rises. */
  multiplierRate: z.number().gt(0).default(1),
  /** Mean of log α at the beginning: at 5, all units stay. */
  initial: z.number().default(5),
});

export type ShearedOptions = z.output<typeof shearedOptions>;
