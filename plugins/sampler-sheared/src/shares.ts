import type { SourceState } from '@secateur/core';

/**
 * Dynamic batch loading (Sheared-LLaMA, arXiv 2310.06694): w ← w · exp(max(loss − dense loss, 0)), scaled to sum to 1,
 * then (1 − c) w + c / S. Former shares are those of the last round; equal ones in the first.
 * @param smoothing c
 */
export const shearedShares = (sources: readonly SourceState[], smoothing: number): number[] => {
  const gaps = sources.map(({ loss, denseLoss }) => Math.max(0, loss - denseLoss));
  const largest = Math.max(...gaps); // taken off all of them: the sum divides it out, and nothing overflows
  const grown = sources.map(({ share = 1 / sources.length }, i) => share * Math.exp(gaps[i]! - largest));
  const sum = grown.reduce((total, weight) => total + weight, 0);
  // A share that was closed by hand, and everything else vanishing beside it.
  if (!(sum > 0)) return sources.map(() => 1 / sources.length);
  return grown.map(weight => (1 - smoothing) * (weight / sum) + smoothing / sources.length);
};
