/**
 * Block influence of a layer, 1 − E cos(h, h') (Men et al., "ShortGPT", arXiv 2403.03853): how far the layer turns its
 * hidden states. All units of the layer have it alike.
 * @param similarity E cos(h, h') over calibration tokens
 */
export const influenceScores = (similarity: number, units: number): Float32Array =>
  new Float32Array(units).fill(1 - similarity);
