import { type Cell, type FailedCell, isFailed } from './cell.js';

/** What was tried of one method at one ratio with the first seed. */
export interface Tuned {
  readonly rate: number;
  /** Mean tuning loss by rate, nats; null where training ran away. */
  readonly tried: Readonly<Record<string, number | null>>;
  /** Whether the chosen rate is the least or the greatest of several: a better one may lie beyond. */
  readonly atEdge: boolean;
}

/**
 * The rate with the lowest loss on the tuning split, the lower one of equals; undefined where training ran away at every
 * rate. What is reported, the validation split, is not looked at.
 */
export const chooseRate = (cells: readonly (Cell | FailedCell)[]): Tuned | undefined => {
  const tried = cells
    .map(cell => ({ rate: cell.rate!, loss: isFailed(cell) ? null : cell.tuningLoss }))
    .sort((a, b) => a.rate - b.rate);
  const [best] = tried
    .filter((entry): entry is { rate: number; loss: number } => entry.loss !== null)
    .sort((a, b) => a.loss - b.loss);
  if (!best) return undefined;
  const { rate } = best;
  return {
    rate,
    tried: Object.fromEntries(tried.map(entry => [String(entry.rate), entry.loss])),
    atEdge: tried.length > 1 && (rate === tried[0]!.rate || rate === tried.at(-1)!.rate),
  };
};
