import test from 'ava';
import type { Cell } from './cell.js';
import { handMade, recovering } from './cell.test.data.js';
import { differenceOf, showDifference } from './paired.js';

const over = (perplexities: readonly number[], preset = 'a'): Cell[] =>
  perplexities.map((recovered, seed) => recovering(recovered, { preset, seed }));

test('the difference is taken seed by seed, in the loss', t => {
  // 10 % more with each seed, however far apart the seeds are.
  const alike = differenceOf(over([11, 22, 5.5]), over([10, 20, 5], 'b'))!;
  t.true(Math.abs(alike.mean - 0.1) < 1e-12);
  t.true(alike.interval!.every(end => Math.abs(end - 0.1) < 1e-12));
  // Losses apart by 0.1 and 0.3: mean 0.2, t(0.975, 1) · 0.2 / √2 / √2.
  const apart = differenceOf(over([10 * Math.exp(0.1), 10 * Math.exp(0.3)]), over([10, 10], 'b'))!;
  const half = 12.706204736174698 * 0.1;
  t.true(Math.abs(apart.mean - Math.expm1(0.2)) < 1e-12);
  t.true(Math.abs(apart.interval![0] - Math.expm1(0.2 - half)) < 1e-9);
  t.true(Math.abs(apart.interval![1] - Math.expm1(0.2 + half)) < 1e-9);
});

test('sources count the same; seeds that one of them lacks do not count', t => {
  const two = (sea: number, land: number, seed: number): Cell => {
    const { sea: own } = handMade().perplexity;
    return handMade({
      seed,
      perplexity: { sea: { ...own!, recovered: sea }, land: { ...own!, recovered: land } },
    });
  };
  // Twice on the one, half on the other.
  t.true(Math.abs(differenceOf([two(20, 5, 3), two(99, 99, 4)], [two(10, 10, 3)])!.mean) < 1e-12);
  t.is(differenceOf(over([1]), []), undefined);
});

test('what is shown', t => {
  t.is(showDifference({ mean: 0.0312, interval: [0.012, 0.05] }), '+3.1 % (+1.2 to +5.0)');
  t.is(showDifference({ mean: -0.0312, interval: null }), '−3.1 %');
  t.is(showDifference({ mean: -0.0001, interval: [-0.01, 0.01] }), '0.0 % (−1.0 to +1.0)');
});
