import { z } from 'zod';

/** Options of the LHSPG optimizer. Shares are of the run's training tokens. */
export const lhspgOptions = z.strictObject({
  /** Number of periods, in each of which a part of the budget is chosen and faded. */
  periods: z.number().int().min(1).default(4),
  /** Share of the tokens that trains LoRA before the first period. */
  warmup: z.number().min(0).max(0.9).default(0),
  /** Share of the tokens that all periods together take. */
  share: z.number().gt(0).max(0.95).default(0.1),
  /**
   * How chosen units fade. `gate`: a scalar on what the unit contributes; `rows`: rows of W and B are scaled, as the
   * authors' code does; `half-space`: LoRAShear Alg. 4 with folding, half-space projection and merges.
   */
  fade: z.enum(['gate', 'rows', 'half-space']).default('gate'),
  /** Half-space parameter ε of Alg. 4: a row that turns away further than this is set to zero. */
  epsilon: z.number().min(0).lt(1).default(0.1),
  /**
   * Whether units that a period has removed are cut out of the model before the next one, so that its steps get faster.
   * It changes nothing else, up to rounding, and takes the room of the smaller model in the run's folder.
   */
  shrink: z.boolean().default(true),
  /** How the budget is spread over the periods; `cubic` takes most of it early (LoRAPrune). */
  quota: z.enum(['linear', 'cubic']).default('linear'),
  /**
   * What later periods may still decide. `rescored`: which units go, in whatever layer; `fixed`: which units go within
   * each group, in the numbers that the first scoring finds with the whole budget.
   */
  allocation: z.enum(['rescored', 'fixed']).default('rescored'),
  /** How what is left of a fading unit falls over a period, 1 − t/T or (1 − t/T)², which is fast at first. */
  decay: z.enum(['linear', 'quadratic']).default('linear'),
});

export type LhspgOptions = z.output<typeof lhspgOptions>;
