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
 * Saliency of OTO and HESSO: five proxies over all entries of a unit, the columns that read it included, with the true
 * gradient of the base weights.
 */
export const hessoScorer = (weights: Readonly<Record<ProxyName, number>>): SaliencyScorer =>
  proxyScorer({
    weights,
    needs: ['gradient'],
    sides: ['own', 'consumer'],
    direction: 'gradient',
    surrogate: async (signals, param) => signals.gradient(param),
  });

export default definePlugin(
  'saliency-hesso',
  (api, options) => {
    api.provide(SaliencyScorer, 'hesso', hessoScorer(options), 'five proxies with the true gradient');
  },
  schema,
);
