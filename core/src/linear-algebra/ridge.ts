import { partOf } from './parts.js';

/**
 * The part of a matrix of second moments that some columns span, with a ridge: M_cc + share · diag(M_cc), and 1 for
 * inputs that are always zero. It makes what follows from others positive definite.
 *
 * Each column has a ridge by its own scale: a real model has columns with 10⁶ times the energy of the others (massive
 * activations, arXiv 2402.17762), by whose mean all the others would be nothing but ridge.
 * @param matrix row-major [size, size]
 */
export const withRidge = (
  matrix: Float64Array,
  size: number,
  columns: readonly number[],
  share: number,
): Float64Array => {
  const part = partOf(matrix, size, columns, columns);
  const count = columns.length;
  for (let i = 0; i < count; i++) part[i * count + i]! += share * part[i * count + i]! || 1;
  return part;
};
