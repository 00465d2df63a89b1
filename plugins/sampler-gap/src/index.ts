import { definePlugin, Sampler } from '@secateur/core';
import { z } from 'zod';
import { gapWeights } from './gap.js';

export { gapWeights } from './gap.js';

const schema = z.strictObject({
  /** Share β that is spread evenly, whatever was lost. */
  balance: z.number().min(0).max(1).default(0.3),
});

/** Reads most of the source that the model has forgotten most. */
export default definePlugin(
  'sampler-gap',
  (api, options) => {
    const { balance } = options;
    api.provide(
      Sampler,
      'gap',
      { weights: sources => gapWeights(sources, balance) },
      'most of what was forgotten most',
    );
  },
  schema,
);
