import { definePreset } from '@secateur/core';
import evaluatorPerplexity from '@secateur/plugin-evaluator-perplexity';
import knowledgeAblation from '@secateur/plugin-knowledge-ablation';
import optimizerOneshot from '@secateur/plugin-optimizer-oneshot';
import recoveryLora, { recoveryOptions } from '@secateur/plugin-recovery-lora';
import saliencyMagnitude from '@secateur/plugin-saliency-magnitude';
import samplerUniform from '@secateur/plugin-sampler-uniform';
import tracerLlama from '@secateur/plugin-tracer-llama';
import { z } from 'zod';

const schema = z.strictObject({
  /** Share of the blocks' parameters to remove, in (0, 1); default 0.2. */
  ratio: z.number().optional(),
  /** Recovers with as many tokens as lorashear spends in all, so that a comparison is fair; default false. */
  recovery: z.union([z.boolean(), recoveryOptions.partial()]).default(false),
  /** Share of the node groups that is left alone; default 0: these methods analyse nothing. */
  protect: z.number().min(0).lt(1).default(0),
});

/** Magnitude pruning: scored once, cut once, alike in every layer. */
export default definePreset(
  'magnitude',
  options => {
    const { ratio, recovery, protect } = options;
    return {
      plugins: [
        tracerLlama(),
        saliencyMagnitude(),
        knowledgeAblation({ protect }),
        optimizerOneshot(),
        samplerUniform(),
        recoveryLora(typeof recovery === 'boolean' ? {} : recovery),
        evaluatorPerplexity(),
      ],
      use: {
        saliency: 'magnitude',
        knowledge: protect > 0 ? 'ablation' : 'none',
        optimizer: 'oneshot',
        sampler: 'uniform',
        recovery: recovery === false ? 'none' : 'lora',
      },
      prune: { ranking: 'uniform', ...(ratio === undefined ? {} : { ratio }) },
    };
  },
  schema,
);
