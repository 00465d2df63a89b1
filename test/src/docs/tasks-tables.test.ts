import test from 'ava';
import { readText } from '../workspace/repository-files.js';
import { readJson } from '../workspace/rooms.js';
import { pairedTable, scoresTable, type TasksRecord, withTaskTables } from './tasks-tables.js';

test('docs/results.md has the tables of docs/tasks.json', t => {
  const page = readText('docs/results.md');
  for (const mark of ['tasks', 'tasks, paired']) t.true(page.includes(`<!-- ${mark} -->\n\n`), mark);
  t.is(
    withTaskTables(page, readJson<TasksRecord>('docs/tasks.json')),
    page,
    'renew it: npm run build && node test/dist/docs/write-tables.js',
  );
});

const of = (value: number, standardError: number) => ({ value, standardError });
const record: TasksRecord = {
  tasks: {
    one: { items: 100, metrics: { acc: of(0.5, 0.03) } },
    two: { items: 200, metrics: { acc: of(0.3, 0.04), acc_norm: of(0.35, 0.04) } },
  },
  against: {
    tasks: {
      one: { items: 100, metrics: { acc: of(0.6, 0.03) } },
      two: { items: 200, metrics: { acc: of(0.3, 0.04), acc_norm: of(0.4, 0.04) } },
    },
  },
  paired: [
    { name: 'one', metric: 'acc', difference: { mean: -0.1, half: 0.06 }, gained: 5, lost: 15, p: 0.0414 },
    { name: 'two', metric: 'acc_norm', difference: { mean: 0.05, half: 0.08 }, gained: 20, lost: 10, p: 0 },
  ],
};

test('scores with their 95 % intervals, and the mean that papers quote, of acc where there is no acc_norm', t => {
  t.deepEqual(scoresTable(record).split('\n').slice(2), [
    '| one | 100 | 60.00 ± 5.88 | 50.00 ± 5.88 | - | - |',
    '| two | 200 | 30.00 ± 7.84 | 30.00 ± 7.84 | 40.00 ± 7.84 | 35.00 ± 7.84 |',
    '| mean |  | 45.00 ± 4.90 | 40.00 ± 4.90 | 50.00 ± 4.90 | 42.50 ± 4.90 |',
  ]);
});

test('differences of pairs; errors of tasks add in squares', t => {
  t.deepEqual(pairedTable(record).split('\n').slice(2), [
    '| one, acc | −10.00 (−16.00 to −4.00) | 5 | 15 | 0.0414 |',
    '| two, acc_norm | +5.00 (−3.00 to +13.00) | 20 | 10 | < 0.0001 |',
    '| mean | −2.50 (−7.50 to +2.50) |  |  |  |',
  ]);
});
