import type { SourceState } from '@secateur/core';

/** w ∝ exp(d / τ) with d = max(0, loss − dense loss) in nats per token. */
export const softmaxShares = (sources: readonly SourceState[], temperature: number): number[] => {
  const gaps = sources.map(({ loss, denseLoss }) => Math.max(0, loss - denseLoss));
  const largest = Math.max(...gaps);
  const weights = gaps.map(gap => Math.exp((gap - largest) / temperature));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map(weight => weight / sum);
};
