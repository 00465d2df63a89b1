import type { Dense } from './operator.js';

/** Largest difference, relative to the largest element; NaN where there is one, infinite for another shape. */
export const relativeError = (found: Dense, expected: Dense): number => {
  const scale = expected.data.reduce((max, x) => Math.max(max, Math.abs(x)), 1e-3);
  if (found.shape.join() !== expected.shape.join()) return Number.POSITIVE_INFINITY;
  return found.data.reduce((max, x, i) => Math.max(max, Math.abs(x - expected.data[i]!)), 0) / scale;
};
