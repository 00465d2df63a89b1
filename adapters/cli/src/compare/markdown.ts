import type { Cell } from './cell.js';
import { sectionsOf } from './columns.js';
import { notesOf } from './notes.js';
import { differenceOf, showDifference } from './paired.js';
import type { CompareRecord, Row } from './record.js';
import { taskSectionsOf } from './task-columns.js';

/**
 * `compare.md`: the tables, with all that is needed to read them and to make them again.
 * @param charts names of the files in `charts/`
 */
export const markdownOf = (record: CompareRecord, charts: readonly string[]): string => {
  const { command, date, machine, versions, rows } = record;
  const tuned = rows.filter(row => row.tuned !== null);
  return [
    '# Comparison of pruning methods',
    ['```sh', command, '```'].join('\n'),
    `${date.slice(0, 10)}, ${machine.processor}, ${machine.threads} threads, ${machine.system}; ${Object.entries(
      versions,
    )
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}.`,
    notesOf(record)
      .map(note => `- ${note}`)
      .join('\n'),
    ...[...sectionsOf(record), ...taskSectionsOf(record)].flatMap(({ title, head, rows }) => [
      `## ${capital(title)}`,
      tableOf(head, rows),
    ]),
    ...differencesOf(record),
    ...(tuned.length === 0
      ? []
      : ['## Rates', tableOf(['preset', 'ratio', 'rate', 'tuning loss by rate'], tuned.map(rateLine))]),
    ...(charts.length === 0
      ? []
      : ['## Charts', ...charts.map(file => `![${file}](charts/${encodeURIComponent(file)})`)]),
    '',
  ]
    .join('\n\n')
    .trimEnd()
    .concat('\n');
};

/** Every structured method against the first one, at each ratio. */
const differencesOf = ({ rows, cells, settings }: CompareRecord): readonly string[] => {
  const structured = rows.filter(row => row.class === 'structured');
  const first = structured[0]?.preset;
  const others = [...new Set(structured.map(({ preset }) => preset))].slice(1);
  if (first === undefined || others.length === 0) return [];
  const cellsOf = (preset: string, ratio: number): readonly Cell[] =>
    cells.filter(cell => cell.preset === preset && cell.ratio === ratio);
  const shown = (preset: string, ratio: number): string => {
    const difference = differenceOf(cellsOf(preset, ratio), cellsOf(first, ratio));
    return difference === undefined ? '-' : showDifference(difference);
  };
  return [
    `## Against ${first}`,
    `How much higher the perplexity is than that of ${first}, the first preset of the command: exp of the mean difference of the losses, seed by seed, with its 95 % interval.`,
    tableOf(
      ['preset', ...settings.ratios.map(ratio => `ratio ${ratio}`)],
      others.map(preset => [preset, ...settings.ratios.map(ratio => shown(preset, ratio))]),
    ),
  ];
};

const rateLine = ({ preset, ratio, tuned }: Row): readonly string[] => [
  preset,
  String(ratio),
  String(tuned!.rate),
  Object.entries(tuned!.tried)
    .map(([rate, loss]) => `${rate}: ${loss === null ? 'ran away' : loss.toFixed(4)}`)
    .join(', '),
];

const tableOf = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows]
    .map(row => `| ${row.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');

const capital = (text: string): string => `${text[0]!.toUpperCase()}${text.slice(1)}`;
