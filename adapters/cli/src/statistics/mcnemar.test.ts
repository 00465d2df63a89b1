import test from 'ava';
import { mcnemar } from './mcnemar.js';

/** Two tails of the binomial, by counting. */
const direct = (gained: number, lost: number): number => {
  const n = gained + lost;
  let [tail, choose] = [0, 1];
  for (let k = 0; k <= Math.min(gained, lost); k++) {
    tail += choose / 2 ** n;
    choose = (choose * (n - k)) / (k + 1);
  }
  return Math.min(1, 2 * tail);
};

test('it is the two tails of the binomial of the items that changed', t => {
  for (const [gained, lost] of [
    [1, 0],
    [3, 9],
    [9, 3],
    [20, 31],
    [7, 7],
  ] as const)
    t.true(Math.abs(mcnemar(gained, lost) - direct(gained, lost)) < 1e-12, `${gained} ${lost}`);
});

test('nothing changed tells nothing', t => {
  t.is(mcnemar(0, 0), 1);
});
