import { definePreset } from '@secateur/core';
import evaluatorPerplexity from '@secateur/plugin-evaluator-perplexity';
import optimizerUnstructured from '@secateur/plugin-optimizer-unstructured';
import saliencyMagnitude from '@secateur/plugin-saliency-magnitude';
import tracerLlama from '@secateur/plugin-tracer-llama';
import { z } from 'zod';

/** What unstructured baselines can be told. */
export const unstructuredBaselineOptions = z.strictObject({
  /** Share of the weights to zero, in (0, 1); default 0.2. */
  ratio: z.number().optional(),
  /** `row`: wherever the method puts them; `2:4` and any N:M, whose ratio must then be N / M. */
  pattern: z.string().default('row'),
});

/**
 * Makes the preset of a method that zeroes single weights and trains nothing.
 * @param optimizer name at the port
 */
export const defineUnstructured = (name: string, optimizer: string) =>
  definePreset(
    name,
    ({ ratio, pattern }) => ({
      // A score is part of every run; this one measures nothing, and is not asked.
      plugins: [
        tracerLlama(),
        saliencyMagnitude(),
        optimizerUnstructured({ pattern }),
        evaluatorPerplexity(),
      ],
      use: { saliency: 'magnitude', knowledge: 'none', optimizer, recovery: 'none' },
      ...(ratio === undefined ? {} : { prune: { ratio } }),
    }),
    unstructuredBaselineOptions,
  );
