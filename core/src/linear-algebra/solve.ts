import { addProduct, type Block } from './add-product.js';
import { type Cholesky, PANEL } from './cholesky.js';
import { dot } from './dot.js';

/**
 * X = R A⁻¹ for each row of R, in place.
 * @param rows row-major [count, size]
 */
export const solveRows = ({ size, lower, upper }: Cholesky, rows: Float64Array): void => {
  const count = rows.length / size;
  const at = (column: number): Block => ({ data: rows, at: column, stride: size });
  const part = (data: Float64Array, row: number, column: number): Block => ({
    data,
    at: row * size + column,
    stride: size,
  });
  const panels = Array.from({ length: Math.ceil(size / PANEL) }, (_, panel) => {
    const from = panel * PANEL;
    return { from, to: Math.min(from + PANEL, size) };
  });
  // R L⁻ᵀ, then L⁻¹ of it.
  for (const { from, to } of panels) {
    const shape = { rows: count, inner: from, columns: to - from, factor: -1 };
    addProduct(at(from), at(0), part(upper, 0, from), shape);
    for (let row = 0; row < rows.length; row += size)
      for (let i = from; i < to; i++)
        rows[row + i] =
          (rows[row + i]! - dot(lower, i * size + from, rows, row + from, i - from)) / lower[i * size + i]!;
  }
  for (const { from, to } of panels.reverse()) {
    const shape = { rows: count, inner: size - to, columns: to - from, factor: -1 };
    addProduct(at(from), at(to), part(lower, to, from), shape);
    for (let row = 0; row < rows.length; row += size)
      for (let i = to - 1; i >= from; i--)
        rows[row + i] =
          (rows[row + i]! - dot(upper, i * size + i + 1, rows, row + i + 1, to - 1 - i)) /
          lower[i * size + i]!;
  }
};

/**
 * X = L⁻¹ B, in place.
 * @param lower row-major [size, size]
 * @param b row-major [size, columns]
 */
export const solveLower = (
  lower: Block,
  b: Block,
  { size, columns }: { readonly size: number; readonly columns: number },
): void => {
  const { data, at = 0, stride = columns } = b;
  const { data: l, at: first = 0, stride: by = size } = lower;
  const divide = (i: number): void => {
    const pivot = l[first + i * by + i]!;
    for (let j = at + i * stride; j < at + i * stride + columns; j++) data[j]! /= pivot;
  };
  // Two rows at once, of which the second waits for the first.
  for (let i = 0; i < size; i += 2) {
    const rows = Math.min(2, size - i);
    const here = { data, at: at + i * stride, stride };
    addProduct(here, { data: l, at: first + i * by, stride: by }, b, { rows, inner: i, columns, factor: -1 });
    divide(i);
    if (rows < 2) continue;
    const factor = l[first + (i + 1) * by + i]!;
    const next = here.at + stride;
    for (let j = 0; j < columns; j++) data[next + j]! -= factor * data[here.at + j]!;
    divide(i + 1);
  }
};
