import { definePreset, type Nested, type Plugin, type SecateurConfig } from '@secateur/core';
import evaluatorPerplexity from '@secateur/plugin-evaluator-perplexity';
import knowledgeAblation from '@secateur/plugin-knowledge-ablation';
import optimizerOneshot from '@secateur/plugin-optimizer-oneshot';
import recoveryLora, { recoveryOptions } from '@secateur/plugin-recovery-lora';
import samplerUniform from '@secateur/plugin-sampler-uniform';
import tracerLlama from '@secateur/plugin-tracer-llama';
import { z } from 'zod';

/** What all baselines can be told. */
export const baselineOptions = z.strictObject({
  /** Share of the blocks' parameters to remove, in (0, 1); default 0.2. */
  ratio: z.number().optional(),
  /** Recovers with as many tokens as lorashear spends in all, so that a comparison is fair; default false. */
  recovery: z.union([z.boolean(), recoveryOptions.partial()]).default(false),
  /** Share of the node groups that is left alone; default 0: these methods analyse nothing. */
  protect: z.number().min(0).lt(1).default(0),
});

/** What makes one baseline: its own plugins and settings. */
export interface Baseline {
  readonly plugins: Nested<Plugin>;
  readonly use: { readonly saliency: string } & NonNullable<SecateurConfig['use']>;
  readonly prune: NonNullable<SecateurConfig['prune']>;
}

/**
 * Makes the preset of a published method: scored once, cut once, and recovered alike from every source where that is
 * asked for, unless the method says otherwise.
 */
export const defineBaseline = (name: string, { plugins, use, prune }: Baseline) =>
  definePreset(
    name,
    ({ ratio, recovery, protect }) => ({
      plugins: [
        tracerLlama(),
        knowledgeAblation({ protect }),
        optimizerOneshot(),
        samplerUniform(),
        recoveryLora(typeof recovery === 'boolean' ? {} : recovery),
        evaluatorPerplexity(),
        plugins,
      ],
      use: {
        knowledge: protect > 0 ? 'ablation' : 'none',
        optimizer: 'oneshot',
        sampler: 'uniform',
        recovery: recovery === false ? 'none' : 'lora',
        ...use,
      },
      prune: { ...prune, ...(ratio === undefined ? {} : { ratio }) },
    }),
    baselineOptions,
  );
