import { definePlugin, PruneOptimizer } from '@secateur/core';
import { unstructuredOptions } from './options.js';
import { sparseGpt } from './sparse-gpt.js';
import { type MaskMethod, unstructured } from './unstructured.js';
import { wanda } from './wanda.js';

export type { Groups, Sparsity, UnstructuredOptions } from './options.js';
export { type SparseGptOptions, sparseGpt } from './sparse-gpt.js';
export { type MaskMethod, unstructured } from './unstructured.js';
export { wanda } from './wanda.js';

const byWanda: MaskMethod = {
  statistic: 'squares',
  mask: (weight, squares, _, sparsity) => wanda(weight, squares, sparsity),
};

export default definePlugin(
  'optimizer-unstructured',
  (api, { pattern, damp, block }) => {
    const bySparseGpt: MaskMethod = {
      statistic: 'gram',
      mask: (weight, gram, sequences, sparsity) =>
        sparseGpt(weight, { ...sparsity, gram, sequences, damp, block, into: Math.sqrt(gram.length) }),
    };
    api.provide(
      PruneOptimizer,
      'wanda',
      unstructured(byWanda, pattern),
      'zeroes weights by size times input; shapes stay',
    );
    api.provide(
      PruneOptimizer,
      'sparsegpt',
      unstructured(bySparseGpt, pattern),
      'zeroes weights, and the others make up for them; shapes stay',
    );
  },
  unstructuredOptions,
);
