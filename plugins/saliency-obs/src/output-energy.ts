import { addProduct, columnsOf, dot, partOf } from '@secateur/core/linear-algebra';

/**
 * Σ_x ‖W_u x_u‖² = tr(W_u G_uu W_uᵀ): how much some columns add to the output.
 * @param weight row-major [out, in]
 * @param gram Σ x xᵀ, row-major [in, in]
 */
export const outputEnergy = (
  weight: ArrayLike<number>,
  out: number,
  into: number,
  gram: Float64Array,
  columns: readonly number[],
): number => {
  const own = columnsOf(weight, into, columns);
  const weighted = new Float64Array(own.length);
  const size = columns.length;
  addProduct(
    { data: weighted },
    { data: own },
    { data: partOf(gram, into, columns, columns) },
    { rows: out, inner: size, columns: size },
  );
  return dot(own, 0, weighted, 0, own.length);
};
