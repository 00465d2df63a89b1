import { compiled, stdtri } from 'cephes';

await compiled;

/** A mean over seeds, with its 95 % confidence interval mean ± half. */
export interface Interval {
  readonly mean: number;
  /** Half of the interval's width; null for one value, which tells nothing of the spread. */
  readonly half: number | null;
}

/** Mean x̄ of n values and the half-width t(0.975, n − 1) · s / √n, s being the sample deviation. */
export const intervalOf = (values: readonly number[]): Interval => {
  const n = values.length;
  const mean = values.reduce((sum, x) => sum + x, 0) / n;
  if (n < 2) return { mean, half: null };
  const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (n - 1);
  return { mean, half: stdtri(n - 1, 0.975) * Math.sqrt(variance / n) };
};
