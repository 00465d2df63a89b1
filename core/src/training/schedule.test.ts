import test from 'ava';
import { warmupCosine } from './schedule.js';

test('the rate rises in equal steps to the peak, then falls along a half cosine to the floor', t => {
  const rate = warmupCosine(2, 104, { warmup: 4 / 104, floor: 0.1 });
  t.deepEqual([0, 1, 2, 3, 4].map(rate), [0.5, 1, 1.5, 2, 2]);
  t.true(Math.abs(rate(54) - (2 * (1 + 0.1)) / 2) < 1e-12);
  t.true(Math.abs(rate(104) - 0.2) < 1e-12);
  for (let step = 5; step < 104; step++) t.true(rate(step) < rate(step - 1));
});

test('beyond its end the rate stays at the floor', t => {
  const rate = warmupCosine(1, 10);
  t.is(rate(10), rate(1000));
  t.true(Math.abs(rate(10) - 0.02) < 1e-12);
});

test('without a warm-up the first step is at the peak', t => {
  t.is(warmupCosine(3, 50, { warmup: 0 })(0), 3);
});

test('a schedule of one step is one step at the peak', t => {
  t.is(warmupCosine(3, 1)(0), 3);
});
