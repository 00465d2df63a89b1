import type { Bundle } from '@secateur/core';

/** A bundle of about 150 kB, all of whose parts tell its number. */
export const numberedBundle = (n: number): Bundle => ({
  json: { n },
  tensors: {
    narrow: new Float32Array(20_000 + (n % 7)).fill(n),
    wide: new Float64Array(8_000 + (n % 5)).fill(n / 3),
  },
});
