import type { TaskScore } from '@secateur/core';
import test from 'ava';
import { handMade } from './cell.test.data.js';
import { markdownOf } from './markdown.js';
import { notesOf } from './notes.js';
import { recordOf } from './record.js';
import { taskSectionsOf } from './task-columns.js';

const questions = (acc: number, norm?: number): TaskScore => ({
  kind: 'choice',
  version: 1,
  items: 100,
  cut: 0,
  metrics: {
    acc: { value: acc, standardError: 0.02 },
    ...(norm === undefined ? {} : { acc_norm: { value: norm, standardError: 0.04 } }),
  },
});
const pages = (wordPerplexity: number): TaskScore => ({
  kind: 'document',
  version: 2,
  documents: 2,
  tokens: 9,
  wordPerplexity,
  bytePerplexity: 2,
  bitsPerByte: 1,
});
const asked = (boolq: number, piqa: number, wikitext: number) => ({
  boolq: { dense: questions(0.75), pruned: questions(0.1), recovered: questions(boolq) },
  piqa: { dense: questions(0.7, 0.65), pruned: questions(0.1, 0.1), recovered: questions(0.5, piqa) },
  wikitext: { dense: pages(20), pruned: pages(90), recovered: pages(wikitext) },
});
const recordFor = (...runs: (ReturnType<typeof asked> | undefined)[]) =>
  recordOf(
    [
      {
        cells: runs.map((tasks, i) => handMade({ seed: 7 + i, ...(tasks ? { tasks } : {}) })),
        tuned: null,
        trials: [],
      },
    ],
    {
      command: 'npx secateur compare',
      now: 0,
      machine: {
        system: 'linux',
        processor: { model: 'A CPU', threads: 2, simd: null },
        memory: { total: 1, free: 1 },
      },
      settings: {
        presets: ['magnitude'],
        ratios: [0.25],
        seeds: [7, 8],
        recoveryTokens: null,
        presetTokens: {},
        rates: null,
      },
    },
  );

test('a task has a column of what papers quote, with its interval over the seeds, and both means are named', t => {
  const record = recordFor(asked(0.6, 0.5, 30), asked(0.7, 0.6, 40));
  const half = (12.706204736432095 * 10) / 2;
  t.deepEqual(taskSectionsOf(record), [
    {
      title: 'ratio 0.25, tasks',
      head: [
        'preset',
        'boolq, acc',
        'piqa, acc_norm',
        'wikitext, word perplexity',
        'mean of acc_norm, else acc',
        'mean of acc',
      ],
      rows: [
        ['dense', '75.00', '65.00', '20.00', '70.00', '72.50'],
        [
          'magnitude',
          `65.00 ± ${half.toFixed(2)}`,
          `55.00 ± ${half.toFixed(2)}`,
          `35.00 ± ${half.toFixed(2)}`,
          `60.00 ± ${half.toFixed(2)}`,
          `57.50 ± ${(half / 2).toFixed(2)}`,
        ],
      ],
    },
  ]);
  t.like(record.rows[0]!.tasks, {
    boolq: { metric: 'acc' },
    wikitext: { metric: 'wordPerplexity', mean: 35 },
  });
  t.true(notesOf(record).some(note => /of the dense model by its items: 2\.0 to 4\.0 points/.test(note)));
  t.regex(markdownOf(record, []), /## Ratio 0\.25, tasks\n\n\| preset \| boolq, acc /);
});

test('without tasks there is no such table', t => {
  const record = recordFor(undefined);
  t.deepEqual(taskSectionsOf(record), []);
  t.deepEqual([record.dense.tasks, record.rows[0]!.tasks, record.rows[0]!.taskMeans], [{}, {}, null]);
  t.false(notesOf(record).some(note => note.startsWith('Tasks')));
});

test('documents alone have no means', t => {
  const { wikitext } = asked(0, 0, 30);
  const record = recordFor({ wikitext } as ReturnType<typeof asked>);
  t.deepEqual(taskSectionsOf(record)[0]!.head, ['preset', 'wikitext, word perplexity']);
  t.is(record.rows[0]!.taskMeans, null);
});
