import test from 'ava';
import type { Cell } from './cell.js';
import { handMade, recovering } from './cell.test.data.js';
import { sectionsOf } from './columns.js';
import { keptLayers } from './kept-layers.js';
import { markdownOf } from './markdown.js';
import { notesOf } from './notes.js';
import { qualityLines } from './quality-lines.js';
import { type CompareRecord, recordOf, type Settings } from './record.js';

const settings: Settings = {
  presets: ['magnitude', 'sparse'],
  ratios: [0.25],
  seeds: [7, 8],
  recoveryTokens: 2048,
  presetTokens: {},
  rates: [0.001, 0.004],
};
const tuned = { rate: 0.004, tried: { 0.001: 2.5, 0.004: 2 }, atEdge: true };
const machine = {
  system: 'linux x64, 6',
  processor: { model: 'A CPU', threads: 2, simd: null },
  memory: { total: 1, free: 1 },
};
const record = (own: Partial<Settings> = {}, first: Partial<Cell> = {}): CompareRecord =>
  recordOf(
    [
      {
        cells: [
          recovering(20, { rate: 0.004, peakBytes: 2 ** 20, ...first }),
          recovering(22, { rate: 0.004, seed: 8, seconds: { run: 110, training: 70 } }),
        ],
        tuned,
        trials: [recovering(25, { rate: 0.001 })],
      },
      { cells: [recovering(30, { preset: 'sparse', class: 'unstructured' })], tuned: null, trials: [] },
    ],
    { command: 'npx secateur compare', now: 0, machine, settings: { ...settings, ...own } },
  );

test('a row has means over its seeds, trials stand beside the cells', t => {
  const { rows, dense, cells, trials, unequal, date, versions, chunk } = record();
  t.like(rows[0], { preset: 'magnitude', parameters: 800, seconds: { run: 100 }, peakBytes: 300 * 2 ** 20 });
  t.is(rows[0]!.perplexity.sea!.recovered.mean, 21);
  // Two values 20 and 22: t(0.975, 1) · √2 / √2.
  t.true(Math.abs(rows[0]!.perplexity.sea!.recovered.half! - 12.7062047362) < 1e-9);
  t.deepEqual(dense.perplexity, { sea: 10 });
  t.is(cells.length, 3);
  t.deepEqual(
    trials.map(({ rate }) => rate),
    [0.001],
  );
  t.deepEqual(unequal, { parameters: [], tokens: [], inputs: [] });
  t.is(date, '1970-01-01T00:00:00.000Z');
  t.like(versions, { onnxruntime: '1', secateur: '0.1.0' });
  t.is(chunk, 64);
  t.is(record({ recoveryTokens: null }).unequal.tokens, null);
});

test('a table for each ratio, dense first; what is not structured has a table of its own', t => {
  const [table, sparse, ...others] = sectionsOf(record());
  t.is(others.length, 0);
  t.deepEqual(table, {
    title: 'ratio 0.25',
    head: [
      'preset',
      'class',
      'parameters',
      'FLOPs',
      'sea',
      'sea, at the cut',
      'speed',
      'time',
      'peak memory',
      'rate',
    ],
    rows: [
      ['dense', '-', '1,000', '4.00G', '10.00', '-', '1.00', '-', '-', '-'],
      [
        'magnitude',
        'structured',
        '800',
        '3.00G',
        '21.00 ± 12.71',
        '40.00 ± 0.00',
        '1.20 ± 0.00',
        '1 min 40 s',
        '300 MiB',
        '0.004',
      ],
    ],
  });
  t.is(sparse!.title, 'ratio 0.25, unstructured');
  t.deepEqual(
    sparse!.rows.map(([preset, name]) => [preset, name]),
    [
      ['dense', '-'],
      ['sparse', 'unstructured'],
    ],
  );
  t.deepEqual(sparse!.rows[1]!.slice(4, 6), ['30.00', '40.00'], 'one seed has no interval');
  t.false(sectionsOf(record({ rates: null }))[0]!.head.includes('rate'));
});

test('with several sources there is their geometric mean, exp of the mean loss', t => {
  const source = (dense: number, pruned: number, recovered: number) => ({
    ...handMade().perplexity.sea!,
    dense,
    pruned,
    recovered,
  });
  const cells = [8, 32].map((recovered, seed) =>
    handMade({ seed, perplexity: { sea: source(2, 100, recovered), hills: source(8, 25, 2) } }),
  );
  const made = recordOf([{ cells, tuned: null, trials: [] }], {
    command: '',
    now: 0,
    machine,
    settings: { ...settings, rates: null },
  });
  t.is(made.dense.meanPerplexity.toFixed(12), '4.000000000000');
  // √(8 · 2) and √(32 · 2).
  t.is(made.rows[0]!.meanPerplexity.recovered.mean.toFixed(12), '6.000000000000');
  t.is(made.rows[0]!.meanPerplexity.pruned.mean.toFixed(12), '50.000000000000');
  const [{ head, rows } = { head: [], rows: [] }] = sectionsOf(made);
  t.deepEqual(head.slice(4, 11), [
    'sea',
    'sea, at the cut',
    'hills',
    'hills, at the cut',
    'mean',
    'mean, at the cut',
    'speed',
  ]);
  t.deepEqual(rows[0]!.slice(4, 11), ['2.00', '-', '8.00', '-', '4.00', '-', '1.00']);
  // Of 4 and 8: t(0.975, 1) · 2.
  t.deepEqual(rows[1]!.slice(8, 10), ['6.00 ± 25.41', '50.00 ± 0.00']);
  t.regex(notesOf(made).join('\n'), /geometric mean over the sources/);
  t.notRegex(notesOf(record()).join('\n'), /geometric mean/);
});

test('rows with tokens of their own say so, and so does the page', t => {
  const presetTokens = { magnitude: 9000 };
  const made = record({ presetTokens });
  t.is(sectionsOf(made)[0]!.rows[1]![0], 'magnitude (9,000 tokens)');
  t.is(qualityLines(made)[0]!.label, 'magnitude (9,000 tokens)');
  t.regex(
    markdownOf(made, []),
    /trains on 2,048 tokens, pruning and recovery together, but magnitude on 9,000: rows with a number of tokens are not at equal tokens with the rest\.\n/,
  );
  t.like(made.unequal.tokens?.[0], { expected: 9000, found: 2048 });
  t.deepEqual(record({ presetTokens: { magnitude: 2048 }, recoveryTokens: 9000 }).unequal.tokens, []);
});

test('notes say what is equal, what the interval is, what is tuned on what, and what is wrong', t => {
  const notes = notesOf(record()).join('\n');
  t.regex(notes, /chunk 64 /);
  t.regex(notes, /over the seeds 7, 8 \(Student's t, 1 degree of freedom\)/);
  t.regex(notes, /trains on 2,048 tokens/);
  t.regex(notes, /lowest loss of the first seed on the tuning split/);
  t.regex(notes, /rate of magnitude at 0\.25, 0\.004, is at the edge/);
  t.notRegex(notes, /NOT EQUAL|interrupted/);
  t.regex(
    notesOf(record({ recoveryTokens: 9999 })).join('\n'),
    /NOT EQUAL in training tokens: magnitude, .* has 2,048, expected 9,999/,
  );
  t.regex(notesOf(record({}, { resumed: true })).join('\n'), /interrupted and resumed/);
});

test('the page has command, machine, date, versions, tables, rates and charts', t => {
  const page = markdownOf(record(), ['quality.svg']);
  for (const part of [
    '```sh\nnpx secateur compare\n```',
    '1970-01-01, A CPU, 2 threads',
    'onnxruntime 1',
    '## Ratio 0.25\n\n| preset |',
    '| magnitude | structured | 800 |',
    '| magnitude | 0.25 | 0.004 | 0.001: 2.5000, 0.004: 2.0000 |',
    '![quality.svg](charts/quality.svg)',
  ])
    t.true(page.includes(part), `${part}\n${page}`);
});

test('what charts draw: lines from the dense model on, and shares that layers keep', t => {
  const [line, sparse] = qualityLines(record());
  t.is(line!.label, 'magnitude');
  t.is(sparse!.label, 'sparse (unstructured)');
  t.like(line!.points.sea![0], { parameters: 1000, perplexity: 10, half: null });
  t.like(line!.points.sea![1], { parameters: 800, perplexity: 21 });
  const other = handMade({ seed: 8 });
  const [kept] = keptLayers([
    handMade(),
    { ...other, layers: other.layers.map(layer => ({ ...layer, heads: 8, channels: 8 })) },
  ]);
  t.like(kept, { preset: 'magnitude', ratio: 0.25, seeds: 2, layers: 2 });
  t.deepEqual(kept!.shares, [
    [0.75, 1],
    [0.5, 1],
    [0.875, 0.625],
  ]);
});

test('charts are SVG that names what it shows', async t => {
  const { chartsOf } = await import('./charts.js');
  const charts = chartsOf(record());
  t.deepEqual([...charts.keys()], ['quality.svg', 'kept-magnitude-0.25.svg', 'kept-sparse-0.25.svg']);
  for (const svg of charts.values()) t.true(svg.startsWith('<svg') && svg.endsWith('</svg>\n'));
  const quality = charts.get('quality.svg')!;
  for (const text of ['sea', 'magnitude', 'sparse (unstructured)', 'dense'])
    t.true(quality.includes(`>${text}<`), text);
  t.false(/NaN|undefined/.test([...charts.values()].join('')));
  t.true(charts.get('kept-magnitude-0.25.svg')!.includes('>channels<'));
});

test('the page holds every other structured method against the first', t => {
  const of = (preset: string, recovered: number, seed: number): Cell =>
    recovering(recovered, { preset, seed });
  const group = (preset: string, values: readonly number[]) => ({
    cells: values.map((value, i) => of(preset, value, 7 + i)),
    tuned: null,
    trials: [],
  });
  const groups = [group('magnitude', [20, 20]), group('mine', [22, 22])];
  const page = (own: typeof groups): string =>
    markdownOf(recordOf(own, { command: 'x', now: 0, machine, settings }), []);
  const text = page(groups);
  t.true(text.includes('## Against magnitude'));
  t.true(text.includes('| mine | +10.0 % (+10.0 to +10.0) |'), text);
  t.false(page(groups.slice(0, 1)).includes('## Against'));
});
