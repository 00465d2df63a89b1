import type { Rng } from '@secateur/core';

/** One number per unit, uniform in [0, 1). */
export const uniformScores = (rng: Rng, units: number): Float32Array =>
  Float32Array.from({ length: units }, () => rng.next());
