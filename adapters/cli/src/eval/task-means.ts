import type { TaskMetric, TaskScore } from '@secateur/core';

/** What a model made of questions. */
export type ChoiceScore = Extract<TaskScore, { kind: 'choice' }>;
type Metrics = Pick<ChoiceScore, 'metrics'>;

/** Whether it is of questions, and not of documents. */
export const isChoice = <T extends { readonly kind: TaskScore['kind'] }>(
  of: T,
): of is Extract<T, { readonly kind: 'choice' }> => of.kind === 'choice';

/** Means over tasks, in [0, 1]. */
export interface TaskMeans {
  /** Of acc. */
  readonly acc: number;
  /** Of the metric that papers quote: acc_norm where the task has it, else acc. */
  readonly quoted: number;
}

/** The metric of a task that papers quote: the last of those that it reports. */
export const quotedMetric = ({ metrics }: Metrics): TaskMetric => Object.keys(metrics).at(-1) as TaskMetric;

/** Every task counts alike, however many items it has. */
export const taskMeans = (tasks: readonly Metrics[]): TaskMeans => {
  const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;
  return {
    acc: mean(tasks.map(({ metrics }) => metrics.acc!.value)),
    quoted: mean(tasks.map(task => task.metrics[quotedMetric(task)]!.value)),
  };
};
