/** Running sums over a unit's weights, from which the norms follow. */
export interface NormSums {
  readonly square: Float64Array;
  readonly absolute: Float64Array;
  readonly count: Float64Array;
}

export type MagnitudeNorm = 'l2' | 'l1' | 'average';

/**
 * `l2`: (Σ w²)^½; `l1`: Σ |w|; `average`: the l2 norm per weight, ‖w‖ / √n, which does not favour large units.
 */
export const magnitudeOf = ({ square, absolute, count }: NormSums, norm: MagnitudeNorm): Float32Array => {
  switch (norm) {
    case 'l2':
      return Float32Array.from(square, Math.sqrt);
    case 'l1':
      return Float32Array.from(absolute);
    case 'average':
      return Float32Array.from(square, (sum, unit) => Math.sqrt(sum / count[unit]!));
  }
};

/**
 * ‖W_:,j‖₂ of each input column, [in]: "mag-sp" of arXiv 2312.11983.
 * @param weight [out, in], row-major
 */
export const columnNorms = (weight: Float32Array, [out, into]: readonly [number, number]): Float64Array => {
  const squares = new Float64Array(into);
  for (let i = 0; i < out; i++) for (let j = 0; j < into; j++) squares[j]! += weight[i * into + j]! ** 2;
  return squares.map(Math.sqrt);
};
