import { lowest } from './lowest.js';
import type { Sparsity } from './options.js';

/**
 * WANDA (arXiv 2306.11695): the score of a weight is |W_ij| ‖X_j‖, compared within its row. The lowest ⌊in · ratio⌋ of
 * each row are zeroed, or the N lowest of every M; the others stay as they are.
 * @param weight row-major [out, in]
 * @param squares Σ x² of the inputs, [in]
 */
export const wanda = (
  weight: Float32Array,
  squares: Float64Array,
  { ratio, groups }: Sparsity,
): Float32Array => {
  const into = squares.length;
  const [width, zeros] = groups ? [groups.of, groups.zeros] : [into, Math.floor(into * ratio)];
  const norms = squares.map(Math.sqrt);
  const scores = new Float64Array(width);
  const masked = weight.slice();
  for (let at = 0; at < weight.length; at += width) {
    for (let k = 0; k < width; k++) scores[k] = Math.abs(weight[at + k]!) * norms[(at + k) % into]!;
    for (const k of lowest(scores, zeros)) masked[at + k] = 0;
  }
  return masked;
};
