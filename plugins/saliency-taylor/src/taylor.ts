import type { GateGradient } from '@secateur/core';

/**
 * `absolute`: E |g|, first order per sequence; `signed`: |E g|, which lets sequences cancel; `fisher`: E g², the
 * diagonal Fisher curvature; `second`: −E g + ½ E g², the change of the loss to second order, with that curvature.
 */
export type TaylorForm = 'absolute' | 'signed' | 'fisher' | 'second';

/**
 * Saliency from g = d loss / d gate, which is Σ w · d loss / d w over what the unit contributes
 * (Molchanov et al., arXiv 1906.10771). Removing the unit moves its gate by −1.
 */
export const taylorScores = (
  { mean, meanAbsolute, meanSquare }: GateGradient,
  form: TaylorForm,
): Float32Array => {
  switch (form) {
    case 'absolute':
      return Float32Array.from(meanAbsolute);
    case 'signed':
      return Float32Array.from(mean, Math.abs);
    case 'fisher':
      return Float32Array.from(meanSquare);
    case 'second':
      return Float32Array.from(mean, (g, unit) => -g + meanSquare[unit]! / 2);
  }
};
