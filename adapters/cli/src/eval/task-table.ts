import type { MeasuredTask, TaskMetric } from '@secateur/core';
import { table } from '../table.js';
import { percent } from './percent.js';
import { taskMeans } from './task-means.js';

const columns: readonly TaskMetric[] = ['acc', 'acc_norm'];

/** Tasks with their metrics ± standard errors in percent, and the two means that papers quote. */
export const taskTable = (tasks: readonly MeasuredTask[]): string => {
  const rows = tasks.map(({ name, version, items, metrics }) => [
    name,
    version,
    items.length,
    ...columns.map(metric => {
      const mean = metrics[metric];
      return mean ? `${percent(mean.value)} ± ${percent(mean.standardError)}` : '-';
    }),
  ]);
  const { acc, quoted } = taskMeans(tasks);
  const count = tasks.length === 1 ? '1 task' : `${tasks.length} tasks`;
  return [
    table(['task', 'version', 'items', ...columns.map(metric => `${metric}, %`)], rows),
    `mean of acc over ${count}: ${percent(acc)} %`,
    `mean of acc_norm, and of acc where a task has no acc_norm: ${percent(quoted)} %`,
    '',
  ].join('\n');
};
