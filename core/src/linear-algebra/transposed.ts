import type { Block } from './add-product.js';

/** A block turned over, row-major [columns, rows]. @param block row-major [rows, columns] */
export const transposed = (
  { data, at = 0, stride }: Block,
  { rows, columns }: { readonly rows: number; readonly columns: number },
): Float64Array => {
  const by = stride ?? columns;
  const result = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) result[j * rows + i] = data[at + i * by + j]!;
  return result;
};
