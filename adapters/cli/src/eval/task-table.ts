import type { MeasuredChoices, MeasuredDocuments, MeasuredTask, TaskMetric } from '@secateur/core';
import { table } from '../table.js';
import { percent } from './percent.js';
import { isChoice, taskMeans } from './task-means.js';

/** Questions with their metrics, then documents with their perplexities. */
export const taskTable = (tasks: readonly MeasuredTask[]): string =>
  [choiceTable(tasks.filter(isChoice)), documentTable(tasks.filter(isDocument))].filter(Boolean).join('\n');

const isDocument = (task: MeasuredTask): task is MeasuredDocuments => task.kind === 'document';

const columns: readonly TaskMetric[] = ['acc', 'acc_norm'];

/** Metrics ± standard errors in percent, and the two means that papers quote. */
const choiceTable = (tasks: readonly MeasuredChoices[]): string => {
  if (tasks.length === 0) return '';
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

/** Perplexity by word and by byte, which can be compared whatever the tokenizer. */
const documentTable = (tasks: readonly MeasuredDocuments[]): string => {
  if (tasks.length === 0) return '';
  const rows = tasks.map(({ name, version, documents, tokens, ...found }) => [
    name,
    version,
    documents,
    tokens,
    ...[found.wordPerplexity, found.bytePerplexity, found.bitsPerByte].map(value => value.toFixed(4)),
  ]);
  const head = [
    'task',
    'version',
    'documents',
    'tokens',
    'word perplexity',
    'byte perplexity',
    'bits per byte',
  ];
  return table(head, rows);
};
