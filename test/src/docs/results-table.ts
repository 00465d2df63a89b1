import { geometricMean, type Spread, showSpread } from '../results/statistics.js';

/** A record of `npm run results`, as far as the table needs it. */
export interface ResultsRecord {
  readonly command: string;
  readonly results: readonly {
    readonly row: string;
    readonly learningRate: number | null;
    readonly dense: Readonly<Record<string, Spread>>;
    readonly recovered: Readonly<Record<string, Spread>>;
    readonly joint: Spread;
  }[];
}

/** The record as a table in Markdown, with the untouched dense model first. */
export const resultsTable = ({ results }: ResultsRecord): string => {
  const first = results[0]!;
  const sources = Object.keys(first.dense);
  const means = sources.map(source => first.dense[source]!.mean);
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    row(['row', 'rate', ...sources, 'joint']),
    row(['---', '---', ...sources.map(() => '---'), '---']),
    row(['dense, untouched', '-', ...means.map(mean => mean.toFixed(2)), geometricMean(means).toFixed(2)]),
    ...results.map(({ row: name, learningRate, recovered, joint: both }) =>
      row([
        name,
        `${learningRate ?? '-'}`,
        ...sources.map(source => showSpread(recovered[source]!)),
        showSpread(both),
      ]),
    ),
  ].join('\n');
};

/** Replaces the table behind `<!-- NAME -->`. */
export const replaceMarked = (document: string, name: string, table: string): string =>
  document.replace(
    new RegExp(`(<!-- ${name} -->\n\n)(?:\\|.*\n)*`),
    (_, mark: string) => `${mark}${table}\n`,
  );
