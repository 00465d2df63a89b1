/**
 * What the cut columns of a weight give on average: W_P x̄_P (FLAP, An et al., arXiv 2312.11983, section 3.4).
 * @param weight the weight that the model computes with, row-major [out, in]
 * @param mean of each input column, [in]
 * @returns [out]
 */
export const compensation = (
  weight: ArrayLike<number>,
  mean: ArrayLike<number>,
  columns: Iterable<number>,
): Float64Array => {
  const into = mean.length;
  const gain = new Float64Array(weight.length / into);
  for (const column of columns)
    for (let row = 0; row < gain.length; row++) gain[row]! += weight[row * into + column]! * mean[column]!;
  return gain;
};
