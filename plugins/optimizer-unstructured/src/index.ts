import { definePlugin, PruneOptimizer } from '@secateur/core';
import { unstructuredOptions } from './options.js';
import { inverseFactor, sparseGpt } from './sparse-gpt.js';
import { type MaskMethod, unstructured } from './unstructured.js';
import { wanda } from './wanda.js';

export type { Groups, Sparsity, UnstructuredOptions } from './options.js';
export { type InverseFactor, inverseFactor, type SparseGptOptions, sparseGpt } from './sparse-gpt.js';
export { type MaskMethod, unstructured } from './unstructured.js';
export { wanda } from './wanda.js';

const byWanda: MaskMethod = {
  statistic: 'squares',
  prepare: (squares, _, sparsity) => weight => wanda(weight, squares, sparsity),
};

export default definePlugin(
  'optimizer-unstructured',
  (api, { pattern, damp, block }) => {
    const bySparseGpt: MaskMethod = {
      statistic: 'gram',
      prepare(gram, sequences, sparsity) {
        const options = { ...sparsity, gram, sequences, damp, block, into: Math.sqrt(gram.length) };
        const factor = inverseFactor(options);
        return weight => sparseGpt(weight, options, factor);
      },
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
