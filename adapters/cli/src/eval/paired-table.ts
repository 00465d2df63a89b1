import { table } from '../table.js';
import type { PairedTask } from './paired-tasks.js';
import { percent } from './percent.js';

/** Both models task by task: the difference of the first and the second in points, with what changed. */
export const pairedTable = (pairs: readonly PairedTask[]): string => {
  const rows = pairs.map(({ name, metric, difference: { mean, half }, gained, lost, p }) => [
    name,
    metric,
    half === null ? signed(mean) : `${signed(mean)} (${signed(mean - half)} to ${signed(mean + half)})`,
    gained.length,
    lost.length,
    p < 0.0001 ? '< 0.0001' : p.toFixed(4),
  ]);
  return table(['task', 'metric', 'difference, points', 'gained', 'lost', 'McNemar p'], rows);
};

const signed = (share: number): string => `${share < 0 ? '−' : '+'}${percent(Math.abs(share))}`;
