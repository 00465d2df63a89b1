import { partOf } from './parts.js';

/**
 * The part of a matrix of second moments that some columns span, with a ridge: M_cc + share · mean(diag M_cc) · I.
 * Inputs that are always zero, or that follow from others, leave it positive definite.
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
  let trace = 0;
  for (let i = 0; i < count; i++) trace += part[i * count + i]!;
  // Nothing ever comes in: any ridge will do.
  const ridge = trace > 0 ? (share * trace) / count : 1;
  for (let i = 0; i < count; i++) part[i * count + i]! += ridge;
  return part;
};
