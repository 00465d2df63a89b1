import { definePlugin, type ProxyName, proxyScorer, SaliencyScorer } from '@secateur/core';
import { z } from 'zod';

const weight = z.number().min(0).default(0.2);

const schema = z.strictObject({
  magnitude: weight,
  averageMagnitude: weight,
  cosine: weight,
  taylorFirst: weight,
  taylorSecond: weight,
});

/**
 * LoRAShear's saliency: five proxies over the rows that make a unit, with B A, the update that LoRA has gathered, for
 * the gradient. Wants a warm-up, since B starts at zero.
 */
export const loraScorer = (weights: Readonly<Record<ProxyName, number>>): SaliencyScorer =>
  proxyScorer({
    weights,
    sides: ['own'],
    direction: 'update',
    surrogate: (signals, param) => signals.update(param),
  });

export default definePlugin(
  'saliency-lora',
  (api, options) => {
    api.provide(SaliencyScorer, 'lora', loraScorer(options), 'five proxies with B A as the gradient');
  },
  schema,
);
