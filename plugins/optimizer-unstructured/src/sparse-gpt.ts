import { addProduct, cholesky, inverse, partOf } from '@secateur/core/linear-algebra';
import { lowest } from './lowest.js';
import type { Sparsity, UnstructuredOptions } from './options.js';

export interface SparseGptOptions extends Sparsity, Pick<UnstructuredOptions, 'damp' | 'block'> {
  /** Columns of the weight. */
  readonly into: number;
  /** Σ x xᵀ of the inputs, row-major [in, in]. */
  readonly gram: Float64Array;
  /** Calibration sequences that it is a sum over. */
  readonly sequences: number;
}

/**
 * SparseGPT (arXiv 2301.00774): columns are gone through from left to right, and what a zeroed weight gave to the outputs
 * is made up for by the weights of its row to the right, by the inverse of H = 2/n Σ x xᵀ. In each block of columns the
 * lowest ⌊ratio⌋ of w² / U_jj² over all rows are zeroed, or the N lowest in every M; U is the upper factor of H⁻¹ = Uᵀ U.
 * Inputs that are always zero lose their weights.
 * @param weight row-major [out, in]
 * @param factor for matrices that read the same inputs: made once
 */
export const sparseGpt = (
  weight: Float32Array,
  options: SparseGptOptions,
  { upper, dead }: InverseFactor = inverseFactor(options),
): Float32Array => {
  const { into, block } = options;
  const w = Float64Array.from(weight);
  const rows = w.length / into;
  for (const j of dead) for (let at = j; at < w.length; at += into) w[at] = 0;
  for (let start = 0; start < into; start += block) {
    const end = Math.min(start + block, into);
    const errors = pruneBlock(w, upper, start, end, options);
    const [inner, columns] = [end - start, into - end];
    if (columns === 0) break;
    const factor = partOf(upper, into, range(start, end), range(end, into));
    const rest = { data: w, at: end, stride: into };
    addProduct(rest, { data: errors }, { data: factor }, { rows, inner, columns, factor: -1 });
  }
  return Float32Array.from(w);
};

/** What SparseGPT makes of the inputs. */
export interface InverseFactor {
  /** U of H⁻¹ = Uᵀ U, row-major [in, in]. */
  readonly upper: Float64Array;
  /** Inputs that are always zero. */
  readonly dead: readonly number[];
}

export const inverseFactor = ({ into, gram, sequences, damp }: SparseGptOptions): InverseFactor => {
  const hessian = gram.map(sum => (2 / sequences) * sum);
  const diagonal = range(0, into).map(j => j * into + j);
  const dead = range(0, into).filter(j => hessian[j * into + j] === 0);
  for (const j of dead) hessian[j * into + j] = 1;
  const mean = diagonal.reduce((sum, at) => sum + hessian[at]!, 0) / into;
  for (const at of diagonal) hessian[at]! += damp * mean;
  return { upper: cholesky(inverse(cholesky(hessian, into)), into).upper, dead };
};

/**
 * Zeroes what goes of the columns from `start` to `end`, and corrects the columns up to `end`.
 * @returns what each zeroed weight leaves to be made up for, divided by U_jj: row-major [out, end − start]
 */
const pruneBlock = (
  w: Float64Array,
  upper: Float64Array,
  start: number,
  end: number,
  { into, ratio, groups }: SparseGptOptions,
): Float64Array => {
  const rows = w.length / into;
  const width = end - start;
  const errors = new Float64Array(rows * width);
  const goes = new Uint8Array(rows * width);
  const pivot = (j: number): number => upper[j * into + j]!;
  const score = (row: number, j: number): number => (w[row * into + j]! / pivot(j)) ** 2;
  if (!groups) {
    const scores = Float64Array.from(goes, (_, k) => score(Math.floor(k / width), start + (k % width)));
    for (const k of lowest(scores, Math.floor(scores.length * ratio))) goes[k] = 1;
  }
  for (let i = 0; i < width; i++) {
    const j = start + i;
    // Scores of an N:M group are those of its weights as corrected so far.
    if (groups && i % groups.of === 0)
      for (let row = 0; row < rows; row++) {
        const scores = Float64Array.from({ length: groups.of }, (_, k) => score(row, j + k));
        for (const k of lowest(scores, groups.zeros)) goes[row * width + i + k] = 1;
      }
    for (let row = 0; row < rows; row++) {
      if (goes[row * width + i] === 0) continue;
      const at = row * into;
      const error = w[at + j]! / pivot(j);
      errors[row * width + i] = error;
      w[at + j] = 0;
      for (let c = j + 1; c < end; c++) w[at + c]! -= error * upper[j * into + c]!;
    }
  }
  return errors;
};

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
