/** Some columns of a matrix, row-major [rows, columns]. @param width of the whole */
export const columnsOf = (
  matrix: ArrayLike<number>,
  width: number,
  columns: readonly number[],
): Float64Array => {
  const part = new Float64Array((matrix.length / width) * columns.length);
  let at = 0;
  for (let row = 0; row < matrix.length; row += width)
    for (const column of columns) part[at++] = matrix[row + column]!;
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
