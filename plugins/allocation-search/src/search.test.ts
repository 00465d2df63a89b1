import { createRng } from '@secateur/core';
import test from 'ava';
import { type SearchTask, search } from './search.js';

/** A walk over whole numbers, the loss being the distance from 9. */
const task = (own: Partial<SearchTask> = {}) => {
  const evaluated: number[] = [];
  const looked: number[] = [];
  const told: [done: number, total: number][] = [];
  const search: SearchTask = {
    start: [0],
    generations: 30,
    offspring: 4,
    finalists: 2,
    rng: createRng(1),
    mutant: ([at], rng) => [at! + rng.integer(5) - 2],
    evaluate: async ([at]) => {
      evaluated.push(at!);
      return Math.abs(9 - at!);
    },
    look: undefined,
    onProgress: (done, total) => told.push([done, total]),
    ...own,
  };
  return { search, evaluated, looked, told };
};

test('the best goes on, and nothing is evaluated twice', async t => {
  const { search: it, evaluated, told } = task();
  const found = await search(it);
  t.deepEqual(found, { counts: [9], loss: 0, before: 9 });
  t.is(new Set(evaluated).size, evaluated.length);
  t.deepEqual(told[0], [1, 121]);
  t.deepEqual(told.at(-1), [121, 121]);
  t.true(told.every(([done], i) => i === 0 || done >= told[i - 1]![0]));
});

test('where all are looked at first, only finalists are evaluated', async t => {
  const looked: number[] = [];
  const {
    search: it,
    evaluated,
    told,
  } = task({
    generations: 1,
    offspring: 3,
    finalists: 1,
    mutant: (() => {
      let next = 0;
      return () => [++next];
    })(),
    look: async ([at]) => {
      looked.push(at!);
      return at === 2 ? 0 : Number.NaN;
    },
  });
  t.deepEqual((await search(it)).counts, [2]);
  t.deepEqual(
    [looked, evaluated],
    [
      [1, 2, 3],
      [0, 2],
    ],
  );
  t.deepEqual(told.at(-1), [5, 5]);
});

test('what is not a number never wins, and no mutant leaves the start', async t => {
  const nan = await search(task({ evaluate: async ([at]) => (at === 0 ? 1 : Number.NaN) }).search);
  t.deepEqual(nan, { counts: [0], loss: 1, before: 1 });
  const alone = await search(task({ mutant: counts => counts }).search);
  t.deepEqual(alone.counts, [0]);
});
