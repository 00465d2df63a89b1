import test from 'ava';
import { Pace } from './pace.js';

test('only steps are timed, and each count begins anew', async t => {
  let now = 500;
  const pace = new Pace({ now: () => now }, 64);
  const step = (milliseconds: number) =>
    pace.step(async () => {
      now += milliseconds;
      return milliseconds;
    });
  t.is(await step(100), 100);
  now += 10_000;
  await step(300);
  t.is(pace.take(), 320); // 128 tokens in 0.4 s
  await step(1000);
  t.is(pace.take(), 64);
});
