import { SecateurError } from '../errors.js';
import { addProduct } from './add-product.js';
import { dot } from './dot.js';
import { transposed } from './transposed.js';

/**
 * Columns that are factored and solved entry by entry. What they do to all others are products, which read memory far
 * less often than dot products of rows do.
 */
export const PANEL = 48;

/** The lower factor of a symmetric positive definite matrix, A = L Lᵀ. */
export interface Cholesky {
  readonly size: number;
  /** L, row-major [size, size]; above the diagonal 0. */
  readonly lower: Float64Array;
  /** Lᵀ, row-major: substitution backwards reads rows too. */
  readonly upper: Float64Array;
}

/**
 * Panel by panel (right-looking): factor some columns, then take L Lᵀ of them from what is left.
 * @param matrix symmetric, row-major [size, size]; only its lower half is read
 * @throws SecateurError E_NUMERICS when it is not positive definite
 */
export const cholesky = (matrix: Float64Array, size: number): Cholesky => {
  const lower = matrix.slice();
  for (let from = 0; from < size; from += PANEL) {
    const to = Math.min(from + PANEL, size);
    factorPanel(lower, size, from, to);
    const below = { data: lower, at: to * size + from, stride: size };
    const [rows, inner] = [size - to, to - from];
    const turned = { data: transposed(below, { rows, columns: inner }) };
    const rest = { data: lower, at: to * size + to, stride: size };
    addProduct(rest, below, turned, { rows, inner, columns: rows, factor: -1, lower: true });
  }
  for (let i = 0; i < size; i++) lower.fill(0, i * size + i + 1, (i + 1) * size);
  return { size, lower, upper: transposed({ data: lower }, { rows: size, columns: size }) };
};

/** Columns `from` to `to` of L, rows from `from` on, once those before have been taken from them. */
const factorPanel = (lower: Float64Array, size: number, from: number, to: number): void => {
  for (let i = from; i < size; i++) {
    const row = i * size;
    for (let j = from; j < Math.min(i, to); j++)
      lower[row + j] =
        (lower[row + j]! - dot(lower, row + from, lower, j * size + from, j - from)) / lower[j * size + j]!;
    if (i >= to) continue;
    const pivot = lower[row + i]! - dot(lower, row + from, lower, row + from, i - from);
    if (!(pivot > 0))
      throw new SecateurError(
        'E_NUMERICS',
        `a matrix of second moments is not positive definite: pivot ${i} is ${pivot}`,
        { hint: 'raise the ridge of the plugin, or calibrate on more text' },
      );
    lower[row + i] = Math.sqrt(pivot);
  }
};
