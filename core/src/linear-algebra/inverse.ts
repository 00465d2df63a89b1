import { addProduct, type Block } from './add-product.js';
import { type Cholesky, PANEL } from './cholesky.js';
import { solveLower } from './solve.js';
import { transposed } from './transposed.js';

/** A⁻¹, row-major: (L⁻¹)ᵀ L⁻¹. */
export const inverse = ({ size, lower }: Cholesky): Float64Array => {
  const turned = inverseLower(lower, size);
  const result = new Float64Array(size * size);
  for (let from = 0; from < size; from += PANEL) {
    const to = Math.min(from + PANEL, size);
    const rows = rowsOf(turned, size, from);
    const columns = { data: transposed(rows, { rows: to - from, columns: to }) };
    addProduct({ data: result, stride: size }, columns, rows, {
      rows: to,
      inner: to - from,
      columns: to,
      lower: true,
    });
  }
  for (let i = 0; i < size; i++) for (let j = 0; j < i; j++) result[j * size + i] = result[i * size + j]!;
  return result;
};

/** L⁻¹, row-major, panel by panel: X_b = L_bb⁻¹ (I − Σ_k L_bk X_k), of which what lies above the diagonal is 0. */
const inverseLower = (lower: Float64Array, size: number): Float64Array => {
  const result = new Float64Array(size * size);
  for (let from = 0; from < size; from += PANEL) {
    const to = Math.min(from + PANEL, size);
    const rows = rowsOf(result, size, from);
    for (let k = 0; k < from; k += PANEL)
      addProduct(rows, { data: lower, at: from * size + k, stride: size }, rowsOf(result, size, k), {
        rows: to - from,
        inner: PANEL,
        columns: k + PANEL,
        factor: -1,
      });
    for (let i = from; i < to; i++) result[i * size + i] = 1;
    const corner = { data: lower, at: from * size + from, stride: size };
    solveLower(corner, rows, { size: to - from, columns: to });
  }
  return result;
};

const rowsOf = (data: Float64Array, size: number, row: number): Block => ({
  data,
  at: row * size,
  stride: size,
});
