import test from 'ava';
import { decayAfter, levelAt, planPeriods, positionOf, quotaAfter } from './schedule.js';

test('shares of the steps become a warm-up and periods of whole steps', t => {
  const plan = planPeriods(100, { periods: 4, warmup: 0.1, share: 0.42 });
  t.deepEqual(plan, { warmup: 10, periods: 4, length: 11, steps: 54 });
});

test('a period has at least one step', t => {
  t.deepEqual(planPeriods(3, { periods: 5, warmup: 0, share: 0.1 }), {
    warmup: 0,
    periods: 5,
    length: 1,
    steps: 5,
  });
});

test('each step lies in the warm-up or at its place in a period', t => {
  const plan = planPeriods(10, { periods: 2, warmup: 0.2, share: 0.6 });
  t.deepEqual(
    Array.from({ length: plan.steps }, (_, step) => {
      const position = positionOf(step, plan);
      return position.phase === 'fade' ? [position.period, position.t] : position.phase;
    }),
    ['warmup', 'warmup', [0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]],
  );
});

test('the budget is spent after the last period, in either shape', t => {
  for (const shape of ['linear', 'cubic'] as const) {
    const shares = [0, 1, 2, 3].map(period => quotaAfter(period, 4, shape));
    t.is(shares[3], 1);
    t.true(shares.every((share, i) => i === 0 || share > shares[i - 1]!));
  }
  t.deepEqual([quotaAfter(0, 4, 'linear'), quotaAfter(1, 4, 'linear')], [0.25, 0.5]);
  t.deepEqual([quotaAfter(0, 2, 'cubic'), quotaAfter(0, 1, 'cubic')], [0.875, 1]);
});

test('decays telescope to the level, and to exactly 0 after the last step', t => {
  for (const decay of ['linear', 'quadratic'] as const)
    for (const length of [1, 2, 3, 7, 25]) {
      let level = 1;
      for (let step = 0; step < length; step++) {
        t.true(Math.abs(level - levelAt(step, length, decay)) < 1e-12);
        level *= decayAfter(step, length, decay);
      }
      t.is(level, 0);
    }
});

test('the level falls as 1 − t/T, or as its square', t => {
  t.deepEqual(
    [0, 1, 2, 3].map(step => levelAt(step, 4)),
    [1, 0.75, 0.5, 0.25],
  );
  t.deepEqual(
    [0, 1, 2, 3].map(step => levelAt(step, 4, 'quadratic')),
    [1, 0.5625, 0.25, 0.0625],
  );
});
