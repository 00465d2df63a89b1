import type { RemovalGroup } from '@secateur/core';
import test from 'ava';
import { fill, type Slot, weightsOf } from './fill.js';

const near = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(b));

test('a weight is (d + ε) to the power of −p, ε a hundredth of the mean deviation', t => {
  const deviations = [4, 1, 0, -3];
  const epsilon = 0.01 * ((4 + 1) / 4);
  for (const power of [0.5, 1, 2]) {
    const weights = weightsOf(deviations, power);
    // Up to one factor for all.
    for (const [i, d] of [4, 1, 0, 0].entries()) {
      const expected = ((4 + epsilon) / (d + epsilon)) ** power;
      t.true(near(weights[i]! / weights[0]!, expected), `${power} ${i}`);
    }
  }
  t.deepEqual(weightsOf(deviations, 0), [1, 1, 1, 1]);
  t.deepEqual(weightsOf([0, -1], 0.5), [1, 1]);
});

test('weights do not depend on the unit of the deviations', t => {
  const weights = weightsOf([4, 1, 0.5], 0.5);
  for (const [i, weight] of weightsOf([4e-6, 1e-6, 0.5e-6], 0.5).entries()) t.true(near(weight, weights[i]!));
});

const slot = (units: number, unitCost: number, weight: number, least = 0, most = units - 1): Slot => ({
  group: { units, unitCost } as RemovalGroup,
  counts: Array.from({ length: most - least + 1 }, (_, i) => least + i),
  weight,
});

test('removed shares are as the weights, and come to the budget', t => {
  const slots = [slot(100, 3, 1), slot(50, 7, 2), slot(10, 20, 0.5)];
  // λ (100 · 3 + 2 · 50 · 7 + 0.5 · 10 · 20) = 220.
  const lambda = 220 / 1100;
  const units = fill(slots, 220);
  for (const [i, expected] of [100 * lambda, 2 * 50 * lambda, 0.5 * 10 * lambda].entries())
    t.true(near(units[i]!, expected), `${units[i]}`);
});

test('what one group cannot give, or has given, is made up for by the others in proportion', t => {
  const slots = [slot(100, 1, 1, 0, 10), slot(100, 1, 1), slot(100, 1, 3), slot(100, 1, 0.1, 30)];
  const units = fill(slots, 120);
  // 10 and 30 are held: 80 are left, 1 to 3.
  for (const [i, expected] of [10, 20, 60, 30].entries()) t.true(near(units[i]!, expected), `${units[i]}`);
});

test('a budget out of reach gives the most, and one that is met already the least', t => {
  const slots = [slot(10, 1, 1, 2), slot(10, 1, 1)];
  t.deepEqual(fill(slots, 1000), [9, 9]);
  t.deepEqual(fill(slots, 1), [2, 0]);
  t.deepEqual(fill([], 5), []);
});
