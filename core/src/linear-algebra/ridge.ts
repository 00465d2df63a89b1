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

/** Rows and columns of a matrix, row-major [rows, columns]. @param width of the whole */
export const partOf = (
  matrix: ArrayLike<number>,
  width: number,
  rows: readonly number[],
  columns: readonly number[],
): Float64Array => {
  const part = new Float64Array(rows.length * columns.length);
  let at = 0;
  for (const row of rows) for (const column of columns) part[at++] = matrix[row * width + column]!;
  return part;
};
