import { definePreset } from '@secateur/core';
import evaluatorPerplexity from '@secateur/plugin-evaluator-perplexity';
import objectiveDistill from '@secateur/plugin-objective-distill';
import optimizerOneshot from '@secateur/plugin-optimizer-oneshot';
import recoveryLora, { recoveryOptions } from '@secateur/plugin-recovery-lora';
import repairLeastSquares from '@secateur/plugin-repair-least-squares';
import saliencyObs from '@secateur/plugin-saliency-obs';
import samplerUniform from '@secateur/plugin-sampler-uniform';
import tracerLlama from '@secateur/plugin-tracer-llama';
import { z } from 'zod';

const schema = z.strictObject({
  /** Share of the blocks' parameters to remove, in (0, 1); default 0.2. */
  ratio: z.number().optional(),
  /** Rank of the LoRA that recovers. */
  rank: z.number().int().min(1).default(32),
  /** Share of the dense model's own probabilities in the recovery's loss. */
  distill: z.number().gt(0).max(1).default(0.5),
  recovery: recoveryOptions.partial().default({}),
});

/**
 * What wins the tables of docs/results.md: units that the others cannot reproduce stay, the others absorb what goes by
 * least squares, and a LoRA of high rank learns from the dense model.
 */
export default definePreset(
  'secateur',
  ({ ratio, rank, distill, recovery }) => ({
    plugins: [
      tracerLlama(),
      saliencyObs(),
      optimizerOneshot(),
      repairLeastSquares(),
      objectiveDistill({ share: distill }),
      samplerUniform(),
      recoveryLora({ rank, ...recovery }),
      evaluatorPerplexity(),
    ],
    use: {
      saliency: 'obs',
      knowledge: 'none',
      optimizer: 'oneshot',
      repair: 'least-squares',
      objective: 'distill',
      sampler: 'uniform',
      recovery: 'lora',
    },
    prune: { ranking: 'joint', ...(ratio === undefined ? {} : { ratio }) },
    train: { rank },
  }),
  schema,
);
