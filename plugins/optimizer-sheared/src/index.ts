import { definePlugin, PruneOptimizer } from '@secateur/core';
import { shearedOptions } from './options.js';
import { Sheared } from './sheared.js';

export { type ShearedOptions, shearedOptions } from './options.js';
export { Sheared } from './sheared.js';

export default definePlugin(
  'optimizer-sheared',
  (api, options) => {
    api.provide(PruneOptimizer, 'sheared', new Sheared(options), 'learns masks under a target of sparsity');
  },
  shearedOptions,
);
