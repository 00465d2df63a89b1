import { definePlugin, PruneOptimizer } from '@secateur/core';
import { Iterative } from './iterative.js';
import { iterativeOptions } from './options.js';

export { Iterative } from './iterative.js';
export { type IterativeOptions, iterativeOptions } from './options.js';

export default definePlugin(
  'optimizer-iterative',
  (api, options) => {
    api.provide(
      PruneOptimizer,
      'iterative',
      new Iterative(options),
      'trains, and closes a few units every few steps',
    );
  },
  iterativeOptions,
);
