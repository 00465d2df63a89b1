import { definePreset } from '@secateur/core';
import evaluatorPerplexity from '@secateur/plugin-evaluator-perplexity';
import knowledgeAblation from '@secateur/plugin-knowledge-ablation';
import optimizerLhspg, { lhspgOptions } from '@secateur/plugin-optimizer-lhspg';
import optimizerOneshot from '@secateur/plugin-optimizer-oneshot';
import recoveryLora, { recoveryOptions } from '@secateur/plugin-recovery-lora';
import saliencyLora from '@secateur/plugin-saliency-lora';
import saliencyMagnitude from '@secateur/plugin-saliency-magnitude';
import saliencyTaylor from '@secateur/plugin-saliency-taylor';
import saliencyWanda from '@secateur/plugin-saliency-wanda';
import samplerGap from '@secateur/plugin-sampler-gap';
import samplerUniform from '@secateur/plugin-sampler-uniform';
import tracerLlama from '@secateur/plugin-tracer-llama';
import { z } from 'zod';

const schema = z.strictObject({
  /** Share of the blocks' parameters to remove, in (0, 1); default 0.2. */
  ratio: z.number().optional(),
  /** Share of the node groups that is left alone; default 0.1. */
  protect: z.number().min(0).lt(1).default(0.1),
  /** Fading: form, periods, warm-up and share of the tokens. */
  lhspg: lhspgOptions.partial().default({}),
  recovery: recoveryOptions.partial().default({}),
});

/**
 * LoRAShear (arXiv 2310.18356): knowledge analysis, LHSPG, cut, two-stage recovery on what was forgotten.
 * Where its defaults differ from the paper, docs/results.md has the measurement.
 */
export default definePreset(
  'lorashear',
  options => {
    const { ratio, protect, lhspg, recovery } = options;
    return {
      plugins: [
        tracerLlama(),
        [saliencyTaylor(), saliencyMagnitude(), saliencyWanda(), saliencyLora()],
        knowledgeAblation({ protect }),
        [optimizerLhspg(lhspg), optimizerOneshot()],
        [samplerGap(), samplerUniform()],
        recoveryLora(recovery),
        evaluatorPerplexity(),
      ],
      use: {
        saliency: 'taylor',
        knowledge: 'ablation',
        optimizer: 'lhspg',
        sampler: 'gap',
        recovery: 'lora',
      },
      ...(ratio === undefined ? {} : { prune: { ratio } }),
    };
  },
  schema,
);
