import { percent } from '../eval/percent.js';
import { isChoice, taskMeans } from '../eval/task-means.js';
import type { Interval } from '../statistics/interval.js';
import { type Section, showInterval } from './columns.js';
import type { CompareRecord, Row } from './record.js';
import { rowTitle } from './recovery-tokens.js';
import { quotedOf, type TaskInterval } from './task-intervals.js';

const metricNames: Readonly<Record<TaskInterval['metric'], string>> = {
  acc: 'acc',
  acc_norm: 'acc_norm',
  wordPerplexity: 'word perplexity',
};

/** One table per ratio of what the models make of tasks; none where none was asked. */
export const taskSectionsOf = ({ settings, dense, rows }: CompareRecord): readonly Section[] => {
  const tasks = Object.entries(dense.tasks);
  if (tasks.length === 0) return [];
  const choices = Object.values(dense.tasks).filter(isChoice);
  const head = [
    'preset',
    ...tasks.map(([name, score]) => `${name}, ${metricNames[quotedOf(score).metric]}`),
    ...(choices.length === 0 ? [] : ['mean of acc_norm, else acc', 'mean of acc']),
  ];
  const means = taskMeans(choices);
  const first = [
    'dense',
    ...tasks.map(([, score]) => {
      const { metric, value } = quotedOf(score);
      return metric === 'wordPerplexity' ? value.toFixed(2) : percent(value);
    }),
    ...(choices.length === 0 ? [] : [percent(means.quoted), percent(means.acc)]),
  ];
  const lineOf = ({ preset, tasks, taskMeans }: Row): readonly string[] => [
    rowTitle(settings, preset),
    ...Object.values(tasks).map(one =>
      one.metric === 'wordPerplexity' ? showInterval(one) : showInterval(inPercent(one)),
    ),
    ...(taskMeans === null
      ? []
      : [taskMeans.quoted, taskMeans.acc].map(mean => showInterval(inPercent(mean)))),
  ];
  return settings.ratios.map(ratio => ({
    title: `ratio ${ratio}, tasks`,
    head,
    rows: [first, ...rows.filter(row => row.ratio === ratio).map(lineOf)],
  }));
};

const inPercent = ({ mean, half }: Interval): Interval => ({
  mean: 100 * mean,
  half: half === null ? null : 100 * half,
});
