/**
 * Mean over output rows of |W_ij| · ‖X_j‖₂ for each input column j (Sun et al., arXiv 2306.11695, in the structured
 * form "Wanda-sp" of arXiv 2312.11983).
 * @param weight [out, in], row-major
 * @param norms ‖X_j‖₂ over calibration tokens, [in]
 */
export const wandaColumns = (
  weight: Float32Array,
  [out, into]: readonly [number, number],
  norms: Float64Array,
): Float64Array => {
  const columns = new Float64Array(into);
  for (let i = 0; i < out; i++) for (let j = 0; j < into; j++) columns[j]! += Math.abs(weight[i * into + j]!);
  return columns.map((sum, j) => (sum / out) * norms[j]!);
};
