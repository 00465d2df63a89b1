import { definePlugin, PruneOptimizer } from '@secateur/core';
import { Lhspg } from './lhspg.js';
import { lhspgOptions } from './options.js';

export { Lhspg } from './lhspg.js';
export { type LhspgOptions, lhspgOptions } from './options.js';

export default definePlugin(
  'optimizer-lhspg',
  (api, options) => {
    api.provide(PruneOptimizer, 'lhspg', new Lhspg(options), 'choose, fade and train, period by period');
  },
  lhspgOptions,
);
