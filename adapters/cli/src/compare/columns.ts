import { duration, memorySize } from '@secateur/adapter-reporter-terminal';
import type { Interval } from '../statistics/interval.js';
import type { CompareRecord, Row } from './record.js';
import { rowTitle } from './recovery-tokens.js';

/** A table of the comparison: the rows of one class at one ratio, below the dense model. */
export interface Section {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** One table per ratio, and beside it one per class that is not comparable in size and speed. */
export const sectionsOf = (record: CompareRecord): readonly Section[] => {
  const { settings, dense, rows } = record;
  const sources = Object.keys(dense.perplexity);
  // Of one source, the mean is that source.
  const hasMean = sources.length > 1;
  const isTuned = settings.rates !== null;
  const head = [
    'preset',
    'class',
    'parameters',
    'FLOPs',
    ...[...sources, ...(hasMean ? ['mean'] : [])].flatMap(name => [name, `${name}, at the cut`]),
    'speed',
    'time',
    'peak memory',
    ...(isTuned ? ['rate'] : []),
  ];
  const first = [
    'dense',
    '-',
    count(dense.parameters),
    compact(dense.flops),
    ...sources.flatMap(name => [dense.perplexity[name]!.toFixed(2), '-']),
    ...(hasMean ? [dense.meanPerplexity.toFixed(2), '-'] : []),
    '1.00',
    '-',
    '-',
    ...(isTuned ? ['-'] : []),
  ];
  const classes = [...new Set(['structured', ...rows.map(row => row.class)])];
  return settings.ratios.flatMap(ratio =>
    classes.flatMap(name => {
      const own = rows.filter(row => row.ratio === ratio && row.class === name);
      if (own.length === 0) return [];
      return [
        {
          title: `ratio ${ratio}${name === 'structured' ? '' : `, ${name}`}`,
          head,
          rows: [first, ...own.map(row => lineOf(record, row))],
        },
      ];
    }),
  );
};

const lineOf = ({ settings, dense }: CompareRecord, row: Row): readonly string[] => [
  rowTitle(settings, row.preset),
  row.class,
  count(row.parameters),
  compact(row.flops),
  ...[
    ...Object.keys(dense.perplexity).map(name => row.perplexity[name]!),
    ...(Object.keys(dense.perplexity).length > 1 ? [row.meanPerplexity] : []),
  ].flatMap(({ recovered, pruned }) => [showInterval(recovered), showInterval(pruned)]),
  showInterval(row.speed),
  duration(row.seconds.run),
  memorySize(row.peakBytes),
  ...(settings.rates === null ? [] : [row.tuned === null ? '-' : String(row.tuned.rate)]),
];

/** `17.52 ± 0.07`; the mean alone for one seed. */
export const showInterval = ({ mean, half }: Interval): string =>
  half === null ? mean.toFixed(2) : `${mean.toFixed(2)} ± ${half.toFixed(2)}`;

const count = (n: number): string => Math.round(n).toLocaleString('en');

/** `1.23G`: three digits and a power of ten. */
const compact = (n: number): string => {
  const [power, letter] =
    n >= 1e12 ? [1e12, 'T'] : n >= 1e9 ? [1e9, 'G'] : n >= 1e6 ? [1e6, 'M'] : [1e3, 'k'];
  return `${(n / power).toPrecision(3)}${letter}`;
};
