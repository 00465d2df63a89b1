import { defineUnstructured } from '@secateur/preset-baseline';

/** SparseGPT (arXiv 2301.00774): single weights, and the others of their row make up for them. Shapes stay. */
export default defineUnstructured('sparsegpt', 'sparsegpt');
