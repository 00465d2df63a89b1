/**
 * `wifv`: Var_j · ‖W_:,j‖²; `ifv`: Var_j alone; `wifn`: mean_i |W_ij| · ‖X_j‖ (An et al., "FLAP", arXiv 2312.11983),
 * for each input column j of a weight.
 */
export type FlapMetric = 'wifv' | 'ifv' | 'wifn';

/**
 * The metric of each input column, [in].
 * @param weight [out, in], row-major
 * @param statistic of the inputs over calibration tokens, [in]: ‖X_j‖₂ for `wifn`, their variance for the others
 */
export const flapColumns = (
  metric: FlapMetric,
  weight: Float32Array,
  [out, into]: readonly [number, number],
  statistic: Float64Array,
): Float64Array => {
  if (metric === 'ifv') return statistic;
  const columns = new Float64Array(into);
  for (let i = 0; i < out; i++)
    for (let j = 0; j < into; j++) {
      const w = weight[i * into + j]!;
      columns[j]! += metric === 'wifv' ? w * w : Math.abs(w) / out;
    }
  return columns.map((sum, j) => sum * statistic[j]!);
};

/** (S − mean) / standard deviation, that of a sample; all 0 where nothing differs. */
export const standardised = (scores: Float64Array): Float64Array => {
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  const square = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0);
  const deviation = Math.sqrt(square / (scores.length - 1)) || 1;
  return scores.map(score => (score - mean) / deviation);
};
