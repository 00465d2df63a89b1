import { intervalOf } from '../statistics/interval.js';
import type { Cell } from './cell.js';
import { geometricMean } from './record.js';

/** How much higher one method's perplexity is than another's, as a share of the other's: 0.1 is 10 % higher. */
export interface Difference {
  readonly mean: number;
  /** Ends of the 95 % confidence interval; null where the two have fewer than two seeds in common. */
  readonly interval: readonly [low: number, high: number] | null;
}

/**
 * The difference of two methods, seed by seed: what a seed does to both drops out. Taken in the mean loss over the
 * sources, log p - log p', and shown as p / p' - 1. Undefined without a common seed.
 */
export const differenceOf = (cells: readonly Cell[], others: readonly Cell[]): Difference | undefined => {
  const losses = cells.flatMap(cell => {
    const other = others.find(({ seed }) => seed === cell.seed);
    return other === undefined ? [] : [lossOf(cell) - lossOf(other)];
  });
  if (losses.length === 0) return undefined;
  const { mean, half } = intervalOf(losses);
  return {
    mean: Math.expm1(mean),
    interval: half === null ? null : [Math.expm1(mean - half), Math.expm1(mean + half)],
  };
};

const lossOf = ({ perplexity }: Cell): number =>
  Math.log(geometricMean(Object.values(perplexity).map(({ recovered }) => recovered)));

/** `+3.1 % (+1.2 to +5.0)`; the mean alone for one seed. */
export const showDifference = ({ mean, interval }: Difference): string =>
  interval === null
    ? `${percent(mean)} %`
    : `${percent(mean)} % (${percent(interval[0])} to ${percent(interval[1])})`;

const percent = (share: number): string => {
  const shown = (100 * Math.abs(share)).toFixed(1);
  return shown === '0.0' ? shown : `${share < 0 ? '−' : '+'}${shown}`;
};
