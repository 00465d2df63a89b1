import { argmax } from '../inspect/next-token.js';
import type { TaskItem, TaskMetric } from '../ports/task.js';

/** The choice that a metric finds, the first of equal ones. */
export const choiceBy = (
  metric: TaskMetric,
  logLikelihoods: readonly number[],
  { lengths }: Pick<TaskItem, 'lengths'>,
): number =>
  argmax(
    metric === 'acc' ? logLikelihoods : logLikelihoods.map((value, i) => value / Math.max(1, lengths[i]!)),
  );

export interface Mean {
  /** In [0, 1]. */
  readonly value: number;
  /** Of the mean: √(Σ(x − mean)² / (n − 1) / n), as lm-evaluation-harness has it; NaN for one item. */
  readonly standardError: number;
}

/** Share of right answers. */
export const meanOf = (right: readonly boolean[]): Mean => {
  const n = right.length;
  const value = right.filter(Boolean).length / n;
  return { value, standardError: Math.sqrt((value * (1 - value)) / (n - 1)) };
};
