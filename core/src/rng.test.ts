import test from 'ava';
import { createRng, type Rng } from './rng.js';

const draws = (rng: Rng, count: number): number[] => Array.from({ length: count }, () => rng.next());

test('a seed gives the same numbers for ever', t => {
  // Written down once: runs of a released version must stay what they were.
  const words = draws(createRng(1).fork('batches'), 4).map(x => Math.floor(x * 2 ** 32).toString(16));
  t.deepEqual(words, ['f11f11ee', '63a95d8c', '852f81cb', 'acd7f8e']);
});

test('streams are a function of the seed and of the names on the way', t => {
  const stream = (seed: number, ...names: (string | number)[]): string =>
    draws(
      names.reduce((rng: Rng, name) => rng.fork(name), createRng(seed)),
      3,
    ).join();
  t.is(stream(5, 'a', 'b'), stream(5, 'a', 'b'));
  const all = [
    stream(5),
    stream(6),
    stream(5, 'a'),
    stream(5, 'b'),
    stream(5, 'ab'),
    stream(5, 'a', 'b'),
    stream(5, 'b', 'a'),
    stream(5, 1),
    stream(5, ''),
  ];
  t.is(new Set(all).size, all.length);
  t.is(stream(5, 1), stream(5, '1'));
});

test('a fork does not depend on what was drawn before it', t => {
  const rng = createRng(3);
  const before = draws(rng.fork('x'), 3);
  rng.permutation(100);
  t.deepEqual(draws(rng.fork('x'), 3), before);
});

test('for every small seed, numbers are uniform in [0, 1) from the first on', t => {
  for (let seed = 0; seed < 20; seed++) {
    const numbers = draws(createRng(seed), 2000);
    t.true(numbers.every(x => x >= 0 && x < 1));
    t.not(numbers[0], 0);
    const counts = Array<number>(10).fill(0);
    for (const x of numbers) counts[Math.floor(10 * x)]!++;
    const chi = counts.reduce((sum, count) => sum + (count - 200) ** 2 / 200, 0);
    t.true(chi < 30, `seed ${seed}: χ² ${chi}`); // 9 degrees of freedom: above 27.9 once in a thousand
  }
});

test('integers are below their bound and reach all of it', t => {
  const rng = createRng(2);
  const seen = new Set(Array.from({ length: 500 }, () => rng.integer(7)));
  t.deepEqual([...seen].sort(), [0, 1, 2, 3, 4, 5, 6]);
});

test('normal numbers have mean 0, variance 1 and the right share within one deviation', t => {
  const rng = createRng(4);
  const numbers = Array.from({ length: 20_000 }, () => rng.normal());
  const mean = numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
  const variance = numbers.reduce((sum, x) => sum + (x - mean) ** 2, 0) / numbers.length;
  t.true(Math.abs(mean) < 0.03);
  t.true(Math.abs(variance - 1) < 0.04);
  const within = numbers.filter(x => Math.abs(x) < 1).length / numbers.length;
  t.true(Math.abs(within - 0.6827) < 0.015);
});

test('a permutation holds each index once, and moves each of them', t => {
  const rng = createRng(8);
  const order = rng.permutation(50);
  t.deepEqual(
    [...order].sort((a, b) => a - b),
    [...Array(50).keys()],
  );
  t.deepEqual([...rng.permutation(1)], [0]);
  t.deepEqual([...rng.permutation(0)], []);
  const counts = Array.from({ length: 4 }, () => Array<number>(4).fill(0));
  for (let i = 0; i < 4000; i++)
    for (const [at, value] of rng.permutation(4).entries()) counts[at]![value]!++;
  for (const row of counts) for (const count of row) t.true(Math.abs(count - 1000) < 120, `${counts}`);
});
