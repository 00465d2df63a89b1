import type { LoraGradient } from '@secateur/core';

/**
 * |Ĝ ⊙ (W + s B A)|, row-major [out, in] (Zhang et al., "LoRAPrune", arXiv 2305.18403). A step of length 1 down the
 * gradients of the factors takes Ĝ = s (∇B A + B ∇A − ∇B ∇A) off the effective weight W + s B A: that stands for its
 * gradient, and no gradient of W is needed.
 * @param effective W + s B A, [out, in]
 */
export const loraImportance = (
  { a, b, byA, byB, rank, scaling }: LoraGradient,
  effective: Float32Array,
  [out, into]: readonly [number, number],
): Float32Array => {
  const importance = new Float32Array(out * into);
  const row = new Float64Array(into);
  for (let i = 0; i < out; i++) {
    row.fill(0);
    for (let r = 0; r < rank; r++) {
      // ∇B A + B ∇A − ∇B ∇A = ∇B A + (B − ∇B) ∇A
      const step = byB[i * rank + r]!;
      const rest = b[i * rank + r]! - step;
      for (let j = 0; j < into; j++) row[j]! += step * a[r * into + j]! + rest * byA[r * into + j]!;
    }
    for (let j = 0; j < into; j++)
      importance[i * into + j] = Math.abs(scaling * row[j]! * effective[i * into + j]!);
  }
  return importance;
};

/** Divided by its L2 norm, so that no tensor outweighs another; 0 stays 0. */
export const ofLengthOne = (scores: Float64Array): Float64Array => {
  const norm = Math.sqrt(scores.reduce((sum, score) => sum + score * score, 0)) || 1;
  return scores.map(score => score / norm);
};
