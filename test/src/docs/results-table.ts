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

interface Spread {
  readonly mean: number;
  readonly deviation?: number;
}

const shown = ({ mean, deviation }: Spread): string =>
  deviation === undefined ? mean.toFixed(2) : `${mean.toFixed(2)} ± ${deviation.toFixed(2)}`;

/** The record as a table in Markdown, with the untouched dense model first. */
export const resultsTable = ({ results }: ResultsRecord): string => {
  const first = results[0]!;
  const sources = Object.keys(first.dense);
  const means = sources.map(source => first.dense[source]!.mean);
  const joint = Math.exp(means.reduce((sum, mean) => sum + Math.log(mean), 0) / means.length);
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    row(['row', 'rate', ...sources, 'joint']),
    row(['---', '---', ...sources.map(() => '---'), '---']),
    row(['dense, untouched', '-', ...means.map(mean => mean.toFixed(2)), joint.toFixed(2)]),
    ...results.map(({ row: name, learningRate, recovered, joint: both }) =>
      row([name, `${learningRate ?? '-'}`, ...sources.map(source => shown(recovered[source]!)), shown(both)]),
    ),
  ].join('\n');
};

/** Replaces the table behind `<!-- NAME -->`. */
export const replaceMarked = (document: string, name: string, table: string): string =>
  document.replace(
    new RegExp(`(<!-- ${name} -->\n\n)(?:\\|.*\n)*`),
    (_, mark: string) => `${mark}${table}\n`,
  );
