import type { ItemResult, MeasuredChoices } from '@secateur/core';
import test from 'ava';
import { pairedTask } from './paired-tasks.js';

const task = (right: readonly boolean[], keys = 'abcdefgh'): MeasuredChoices => ({
  kind: 'choice',
  name: 'boolq',
  file: 'f',
  hash: 'h',
  version: 2,
  cut: 0,
  metrics: { acc: { value: 0.5, standardError: 0.1 } },
  items: right.map(
    (isRight, i): ItemResult => ({
      key: keys[i]!,
      place: `f:${i + 1}`,
      gold: 1,
      logLikelihoods: [],
      choice: { acc: isRight ? 1 : 0 },
    }),
  ),
});
const first = task([true, true, true, false, false, true]);
const second = task([true, false, true, true, false, false]);

test('items that changed are told by their places', t => {
  const { gained, lost, items, p, metric } = pairedTask(first, second);
  t.deepEqual([gained, lost], [['f:2', 'f:6'], ['f:4']]);
  t.deepEqual([items, metric], [6, 'acc']);
  t.is(p, 1);
});

test('the interval is that of the differences of the same items', t => {
  const { mean, half } = pairedTask(first, second).difference;
  const differences = [0, 1, 0, -1, 0, 1];
  const variance = differences.reduce((sum, d) => sum + (d - 1 / 6) ** 2, 0) / 5;
  t.true(Math.abs(mean - 1 / 6) < 1e-15);
  t.true(Math.abs(half! - 2.570581835636314 * Math.sqrt(variance / 6)) < 1e-9);
});

test('models that were asked other things are not compared', t => {
  t.throws(() => pairedTask(first, task([true, true, true, true, true, true], 'abxdef')), {
    message: /item 2 is another one/,
  });
});
