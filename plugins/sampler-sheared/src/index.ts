import { definePlugin, Sampler } from '@secateur/core';
import { z } from 'zod';
import { shearedShares } from './shares.js';

export { shearedShares } from './shares.js';

const schema = z.strictObject({
  /** Share c that is spread evenly, so that no source is ever lost. */
  smoothing: z.number().min(0).max(1).default(0.0001),
});

/** Sheared-LLaMA's dynamic batch loading. */
export default definePlugin(
  'sampler-sheared',
  (api, options) => {
    const { smoothing } = options;
    api.provide(
      Sampler,
      'sheared',
      { weights: sources => shearedShares(sources, smoothing) },
      'shares grow, round by round, with what is still lost',
    );
  },
  schema,
);
