/**
 * Block influence of a layer, 1 − E cos(h, h') (Men et al., "ShortGPT", arXiv 2403.03853): how far the layer turns its
 * hidden states. Each unit of the layer has it for every parameter that it holds, so that Σ score / Σ cost over the units
 * of a layer, and the score per parameter of each, is the influence of the layer.
 * @param similarity E cos(h, h') over calibration tokens
 */
export const influenceScores = (
  similarity: number,
  { units, unitCost }: { readonly units: number; readonly unitCost: number },
): Float32Array => new Float32Array(units).fill((1 - similarity) * unitCost);
