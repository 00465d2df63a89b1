import { addProduct, cholesky, columnsOf, partOf, solveRows, withRidge } from '@secateur/core/linear-algebra';

export interface AbsorbOptions {
  /** Rows of the weight. */
  readonly out: number;
  /** Columns of the weight. */
  readonly into: number;
  /** Σ x xᵀ of the inputs, row-major [in, in]. */
  readonly gram: Float64Array;
  /** Columns that are cut, and those that stay. */
  readonly removed: readonly number[];
  readonly kept: readonly number[];
  /** λ_j as a share of the diagonal of the kept part. */
  readonly ridge: number;
}

/**
 * What the kept columns must gain so that they give, as nearly as they can, what the cut ones gave: the minimum over D of
 * Σ_x ‖W_P x_P − D x_S‖² + Σ_j λ_j ‖D_j‖², which is D = W_P G_PS (G_SS + diag λ)⁻¹.
 * @param weight the weight that the model computes with, row-major [out, in]
 * @returns D, row-major [out, kept]
 */
export const absorb = (
  weight: ArrayLike<number>,
  { out, into, gram, removed, kept, ridge }: AbsorbOptions,
): Float64Array => {
  const gain = new Float64Array(out * kept.length);
  const shape = { rows: out, inner: removed.length, columns: kept.length };
  const cut = { data: columnsOf(weight, into, removed) };
  addProduct({ data: gain }, cut, { data: partOf(gram, into, removed, kept) }, shape);
  solveRows(cholesky(withRidge(gram, into, kept, ridge), kept.length), gain);
  return gain;
};
