import { replaceMarked } from './marked.js';

/** docs/tasks.json: what `eval --tasks all --against DENSE --json` gave, with names for paths and counts for items. */
export interface TasksRecord {
  readonly tasks: Readonly<Record<string, Asked>>;
  readonly against: { readonly tasks: Readonly<Record<string, Asked>> };
  readonly paired: readonly Paired[];
}

interface Asked {
  readonly items: number;
  readonly metrics: Readonly<Partial<Record<Metric, Mean>>>;
}

const metrics = ['acc', 'acc_norm'] as const;
type Metric = (typeof metrics)[number];

interface Mean {
  readonly value: number;
  readonly standardError: number;
}

interface Paired {
  readonly name: string;
  readonly metric: Metric;
  readonly difference: { readonly mean: number; readonly half: number };
  /** Items that the first model alone has right. */
  readonly gained: number;
  readonly lost: number;
  readonly p: number;
}

/** Standard errors on either side of a mean that hold 95 %. */
const Z = 1.96;

/** The page with the tables of that record. */
export const withTaskTables = (page: string, record: TasksRecord): string =>
  replaceMarked(replaceMarked(page, 'tasks', scoresTable(record)), 'tasks, paired', pairedTable(record));

/** Both models task by task, ± half of the 95 % interval. The means count every task alike. */
export const scoresTable = ({ tasks, against }: TasksRecord): string => {
  const row = (title: string, items: number | string, means: readonly (Mean | undefined)[]): string =>
    `| ${[title, items, ...means.map(shown)].join(' | ')} |`;
  const columns = metrics.flatMap(metric => [against.tasks, tasks].map(model => ({ metric, model })));
  return [
    '| task | items | dense, acc | pruned, acc | dense, acc_norm | pruned, acc_norm |',
    '| --- | --- | --- | --- | --- | --- |',
    ...Object.entries(tasks).map(([name, { items }]) =>
      row(
        name,
        items,
        columns.map(({ metric, model }) => model[name]!.metrics[metric]),
      ),
    ),
    row(
      'mean',
      '',
      columns.map(({ metric, model }) =>
        meanOver(Object.values(model).map(({ metrics }) => metrics[metric] ?? metrics.acc!)),
      ),
    ),
  ].join('\n');
};

/** The pruned model less the dense one on the same items. */
export const pairedTable = ({ paired }: TasksRecord): string => {
  const row = (name: string, { mean, half }: Paired['difference'], ...others: readonly unknown[]): string =>
    `| ${name} | ${signed(mean)} (${signed(mean - half)} to ${signed(mean + half)}) | ${others.join(' | ')} |`;
  const differences = paired.map(({ difference }) => difference);
  const mean = meanOver(differences.map(({ mean, half }) => ({ value: mean, standardError: half })));
  return [
    '| task | difference, points | gained | lost | McNemar p |',
    '| --- | --- | --- | --- | --- |',
    ...paired.map(({ name, metric, difference, gained, lost, p }) =>
      row(`${name}, ${metric}`, difference, gained, lost, p < 0.0001 ? '< 0.0001' : p.toFixed(4)),
    ),
    row('mean', { mean: mean.value, half: mean.standardError }, '', '', ''),
  ].join('\n');
};

/** Of independent means: errors add in squares. */
const meanOver = (means: readonly Mean[]): Mean => ({
  value: means.reduce((sum, { value }) => sum + value, 0) / means.length,
  standardError: Math.hypot(...means.map(({ standardError }) => standardError)) / means.length,
});

const shown = (mean: Mean | undefined): string =>
  mean ? `${percent(mean.value)} ± ${percent(Z * mean.standardError)}` : '-';

const signed = (share: number): string => `${share < 0 ? '−' : '+'}${percent(Math.abs(share))}`;

const percent = (share: number): string => (100 * share).toFixed(2);
