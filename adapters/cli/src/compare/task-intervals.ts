import type { TaskMetric, TaskScore } from '@secateur/core';
import { isChoice, quotedMetric, taskMeans } from '../eval/task-means.js';
import { type Interval, intervalOf } from '../statistics/interval.js';

/** Scores by task. */
export type Scores = Readonly<Record<string, TaskScore>>;

/** What several runs make of a task: the number that papers quote, over the runs. */
export interface TaskInterval extends Interval {
  readonly metric: TaskMetric | 'wordPerplexity';
}

/** Means over the tasks, over several runs. */
export interface MeanIntervals {
  readonly acc: Interval;
  readonly quoted: Interval;
}

/** The number of a task that papers quote: of questions a share in [0, 1], of documents the perplexity by word. */
export const quotedOf = (score: TaskScore): { metric: TaskInterval['metric']; value: number } => {
  if (!isChoice(score)) return { metric: 'wordPerplexity', value: score.wordPerplexity };
  const metric = quotedMetric(score);
  return { metric, value: score.metrics[metric]!.value };
};

/** @param runs all of which asked the same; there is at least one */
export const taskIntervals = (runs: readonly Scores[]): Readonly<Record<string, TaskInterval>> =>
  Object.fromEntries(
    Object.entries(runs[0]!).map(([name, score]) => [
      name,
      { metric: quotedOf(score).metric, ...intervalOf(runs.map(run => quotedOf(run[name]!).value)) },
    ]),
  );

/** @param runs as above @returns null where no run asked questions */
export const meanIntervals = (runs: readonly Scores[]): MeanIntervals | null => {
  const means = runs.map(run => taskMeans(Object.values(run).filter(isChoice)));
  if (!Object.values(runs[0]!).some(isChoice)) return null;
  return {
    acc: intervalOf(means.map(({ acc }) => acc)),
    quoted: intervalOf(means.map(({ quoted }) => quoted)),
  };
};
