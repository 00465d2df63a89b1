import { definePlugin, Sampler } from '@secateur/core';
import { z } from 'zod';
import { softmaxShares } from './softmax.js';

export { softmaxShares } from './softmax.js';

const schema = z.strictObject({
  /** Nats per token by which a source must have lost more than another to get e times its share. */
  temperature: z.number().gt(0).default(0.2),
});

/** A softmax over what was forgotten. */
export default definePlugin(
  'sampler-softmax',
  (api, options) => {
    const { temperature } = options;
    api.provide(
      Sampler,
      'softmax',
      { weights: sources => softmaxShares(sources, temperature) },
      'a softmax over what was forgotten',
    );
  },
  schema,
);
