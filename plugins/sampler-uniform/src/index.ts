import { definePlugin, Sampler } from '@secateur/core';

/** Every source gives the same share. */
export const uniformSampler: Sampler = {
  weights: sources => sources.map(() => 1 / sources.length),
};

export default definePlugin('sampler-uniform', api => {
  api.provide(Sampler, 'uniform', uniformSampler, 'equal shares');
});
