import { z } from 'zod';

/** Options of the LoRA recovery. */
export const recoveryOptions = z.strictObject({
  /** Rounds per stage; after each, the model is measured and the mixture chosen anew. */
  rounds: z.number().int().min(1).default(4),
  /** A stage ends early after so many rounds without progress; 0 never ends early. */
  patience: z.number().int().min(0).default(0),
  /** Progress is a fall of the loss on the tuning split by this share. */
  tolerance: z.number().min(0).default(0.002),
  /** Share of the recovery tokens for instructions, where there are both kinds of sources. */
  instructions: z.number().min(0).max(1).default(0.2),
  /** Share of pretraining text in the instruction stage, against forgetting. */
  replay: z.number().min(0).max(1).default(0.1),
  /** Least rank of the LoRA while it recovers: a smaller one is widened, which changes nothing by itself. */
  rank: z.number().int().min(1).default(1),
  /** Sequences of the tuning split per source and round. */
  tuning: z.number().int().min(1).default(64),
});

export type RecoveryOptions = z.output<typeof recoveryOptions>;
