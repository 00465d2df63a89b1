import { firstTable, rowsOf } from './markdown.js';
import { marksOf, replaceMarked } from './marked.js';

/**
 * A page with its tables of comparisons: behind `<!-- stories 0.5 -->` that of docs/comparisons/stories at that ratio, behind
 * `<!-- stories 0.5, unstructured -->` that of a class beside it.
 */
export const withComparisons = (page: string, read: (file: string) => string): string =>
  marksOf(page).reduce((text, mark) => {
    const [, name, ratio] = /^([\w-]+) (0\.\d+(?:, \w+)?)$/.exec(mark) ?? [];
    if (name === undefined || ratio === undefined) return text;
    return replaceMarked(text, mark, comparisonTable(read(`docs/comparisons/${name}/compare.md`), ratio));
  }, page);

/** Left out: what is alike for all, or is read in the whole table. */
const leftOut = new Set(['class', 'parameters', 'FLOPs', 'speed', 'peak memory']);

/**
 * What a page of results shows of `compare.md`: perplexities after recovery, one at the cut, time and rate, and how much
 * higher than the first preset's the perplexity is.
 * @throws Error where the page has no such ratio
 */
export const comparisonTable = (comparison: string, ratio: string): string => {
  const found = firstTable(comparison, `## Ratio ${ratio}`);
  const head = cellsOf(found.split('\n')[0]!);
  const cut = head.findLastIndex(name => name.endsWith(', at the cut'));
  const shown = head.flatMap((name, i) =>
    i === cut || !(leftOut.has(name) || name.endsWith(', at the cut')) ? [i] : [],
  );
  const against = againstFirst(comparison, ratio);
  const line = (cells: readonly string[], last: string): string =>
    `| ${[...shown.map(i => cells[i]!), ...(against === undefined ? [] : [last])].join(' | ')} |`;
  return [
    line(
      head.map((name, i) => (i === cut ? 'at the cut' : name)),
      against?.title ?? '',
    ),
    line(
      head.map(() => '---'),
      '---',
    ),
    ...rowsOf(found).map(cells => line(cells, against?.of.get(cells[0]!) ?? '-')),
  ].join('\n');
};

const cellsOf = (row: string): readonly string[] => rowsOf(`\n\n${row}`)[0]!;

/** The section "Against": preset to difference. */
const againstFirst = (
  comparison: string,
  ratio: string,
): { readonly title: string; readonly of: ReadonlyMap<string, string> } | undefined => {
  const heading = /^## (Against .+)$/m.exec(comparison);
  if (heading === null) return undefined;
  const table = firstTable(comparison, heading[0]);
  const at = cellsOf(table.split('\n')[0]!).indexOf(`ratio ${ratio}`);
  if (at === -1) return undefined;
  return {
    title: heading[1]!.toLowerCase(),
    of: new Map(rowsOf(table).map(cells => [cells[0]!, cells[at]!])),
  };
};
