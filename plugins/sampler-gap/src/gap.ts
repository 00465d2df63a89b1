import type { SourceState } from '@secateur/core';

/**
 * Shares in proportion to what each source has lost, with a floor for those that lost little:
 * w = (1 − β) · d / Σ d + β / S with d = max(0, loss − dense loss) in nats per token. The paper asks for both in words
 * (LoRAShear section 5.2: favour the degraded, keep a balanced share of the rest); the formula is ours.
 * Equal shares where nothing was lost.
 */
export const gapWeights = (sources: readonly SourceState[], balance: number): number[] => {
  const gaps = sources.map(({ loss, denseLoss }) => Math.max(0, loss - denseLoss));
  const total = gaps.reduce((sum, gap) => sum + gap, 0);
  return gaps.map(
    gap => (total === 0 ? 1 : (1 - balance) * (gap / total) * sources.length + balance) / sources.length,
  );
};
