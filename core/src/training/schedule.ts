/** Learning rate at a step, counted from 0. */
export type Schedule = (step: number) => number;

/**
 * Rises linearly over the first `warmup` share of the steps, then falls along a half cosine to `floor` times the peak.
 * Defaults: warm-up 0.03, floor 0.02.
 */
export const warmupCosine = (
  peak: number,
  steps: number,
  { warmup = 0.03, floor = 0.02 }: { readonly warmup?: number; readonly floor?: number } = {},
): Schedule => {
  const rise = Math.max(1, Math.round(steps * warmup));
  return step => {
    if (step < rise) return (peak * (step + 1)) / rise;
    const progress = Math.min(1, (step - rise) / Math.max(1, steps - rise));
    return peak * (floor + ((1 - floor) * (1 + Math.cos(Math.PI * progress))) / 2);
  };
};
