import { SecateurError } from '../errors.js';
import { dot } from './dot.js';

/** The lower factor of a symmetric positive definite matrix, A = L Lᵀ. */
export interface Cholesky {
  readonly size: number;
  /** L, row-major [size, size]; above the diagonal 0. */
  readonly lower: Float64Array;
  /** Lᵀ, row-major: substitution backwards reads rows too. */
  readonly upper: Float64Array;
}

/**
 * Row by row from dot products of rows (Cholesky-Banachiewicz): every read is along memory.
 * @param matrix symmetric, row-major [size, size]; only its lower half is read
 * @throws SecateurError E_NUMERICS when it is not positive definite
 */
export const cholesky = (matrix: Float64Array, size: number): Cholesky => {
  const lower = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < i; j++)
      lower[i * size + j] =
        (matrix[i * size + j]! - dot(lower, i * size, lower, j * size, j)) / lower[j * size + j]!;
    const pivot = matrix[i * size + i]! - dot(lower, i * size, lower, i * size, i);
    if (!(pivot > 0))
      throw new SecateurError(
        'E_NUMERICS',
        `a matrix of second moments is not positive definite: pivot ${i} is ${pivot}`,
        {
          hint: 'raise the ridge of the plugin, or calibrate on more text',
        },
      );
    lower[i * size + i] = Math.sqrt(pivot);
  }
  return { size, lower, upper: transposed(lower, size) };
};

const transposed = (matrix: Float64Array, size: number): Float64Array => {
  const result = new Float64Array(size * size);
  for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) result[j * size + i] = matrix[i * size + j]!;
  return result;
};

/**
 * X = R A⁻¹ for each row of R, in place.
 * @param rows row-major [count, size]
 */
export const solveRows = ({ size, lower, upper }: Cholesky, rows: Float64Array): void => {
  for (let row = 0; row < rows.length; row += size) {
    for (let i = 0; i < size; i++)
      rows[row + i] = (rows[row + i]! - dot(lower, i * size, rows, row, i)) / lower[i * size + i]!;
    for (let i = size - 1; i >= 0; i--)
      rows[row + i] =
        (rows[row + i]! - dot(upper, i * size + i + 1, rows, row + i + 1, size - 1 - i)) /
        lower[i * size + i]!;
  }
};

/** A⁻¹, row-major: (L⁻¹)ᵀ L⁻¹. */
export const inverse = ({ size, lower }: Cholesky): Float64Array => {
  // Row i of the transposed inverse of L holds column i of L⁻¹, from entry i on.
  const columns = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    columns[i * size + i] = 1 / lower[i * size + i]!;
    for (let j = i + 1; j < size; j++)
      columns[i * size + j] = -dot(lower, j * size + i, columns, i * size + i, j - i) / lower[j * size + j]!;
  }
  const result = new Float64Array(size * size);
  for (let i = 0; i < size; i++)
    for (let j = 0; j <= i; j++)
      result[i * size + j] = result[j * size + i] = dot(
        columns,
        i * size + i,
        columns,
        j * size + i,
        size - i,
      );
  return result;
};
