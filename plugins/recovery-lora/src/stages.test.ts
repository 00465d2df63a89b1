import type { SourceData } from '@secateur/core';
import test from 'ava';
import { recoveryOptions } from './options.js';
import { checkStages, objective, planStages, type Stage } from './stages.js';

const source = (name: string, kind: SourceData['kind']): SourceData => ({
  name,
  kind,
  train: [],
  tuning: [],
  validation: [],
});
const text = [source('wiki', 'text'), source('books', 'text')];
const asks = [source('alpaca', 'instruction')];
const plan = (sources: readonly SourceData[], steps: number, instructions?: number) =>
  planStages(sources, steps, recoveryOptions.parse({ instructions })).map(stage => [
    stage.name,
    stage.steps,
    stage.sources.map(({ name }) => name).join(),
  ]);

test('one kind of sources makes one stage, which has all steps', t => {
  t.deepEqual(plan(text, 10), [['pretraining', 10, 'wiki,books']]);
  t.deepEqual(plan(asks, 10), [['instruction', 10, 'alpaca']]);
});

test('with both kinds, text comes first and is replayed beside the instructions', t => {
  for (const mixed of [
    [...text, ...asks],
    [...asks, ...text],
  ])
    t.deepEqual(plan(mixed, 10), [
      ['pretraining', 8, 'wiki,books'],
      ['instruction', 2, 'wiki,books,alpaca'],
    ]);
});

test('the share of the instructions is rounded to steps, and all steps are spent', t => {
  for (let steps = 1; steps < 40; steps++)
    for (const share of [0.01, 0.2, 0.5, 0.77]) {
      const planned = planStages([...text, ...asks], steps, recoveryOptions.parse({ instructions: share }));
      t.is(
        planned.reduce((sum, stage) => sum + stage.steps, 0),
        steps,
      );
      const second = planned.find(({ name }) => name === 'instruction')?.steps ?? 0;
      t.true(Math.abs(second - steps * share) <= 0.5);
    }
});

test('a stage without a step is left out', t => {
  t.deepEqual(plan([...text, ...asks], 10, 0), [['pretraining', 10, 'wiki,books']]);
  t.deepEqual(plan([...text, ...asks], 10, 1), [['instruction', 10, 'wiki,books,alpaca']]);
  t.deepEqual(plan(text, 0), []);
});

test('a stage lowers the mean loss over its own sources', t => {
  const stage: Stage = { name: 'pretraining', sources: text, steps: 1 };
  t.is(objective(stage, { wiki: 1, books: 4, alpaca: 100 }), 2.5);
});

test('instructions alone need instructions', t => {
  const check = (sources: readonly SourceData[], instructions: number) => () =>
    checkStages(sources, recoveryOptions.parse({ instructions }));
  t.notThrows(check(text, 0.9));
  t.notThrows(check([...text, ...asks], 1));
  t.throws(check(text, 1), {
    code: 'E_CONFIG_INVALID',
    message: 'the recovery is to spend all tokens on instructions, but "wiki", "books" are plain text',
  });
  t.throws(check(text.slice(0, 1), 1), { message: /"wiki" is plain text/ });
});
