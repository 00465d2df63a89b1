import { setTimeout } from 'node:timers/promises';
import test from 'ava';
import { severalAtOnce } from './several-at-once.js';

const never = new AbortController().signal;

test('items begin in their order, no more at once than there are lanes', async t => {
  const begun: number[] = [];
  let now = 0;
  let most = 0;
  await severalAtOnce([3, 1, 2, 4], 2, never, async item => {
    begun.push(item);
    most = Math.max(most, ++now);
    await setTimeout(5);
    now--;
  });
  t.deepEqual(begun, [3, 1, 2, 4]);
  t.is(most, 2);
});

test('the first that fails is the error, and stops the others', async t => {
  const begun: number[] = [];
  const stopped = new Promise<unknown>(resolve => {
    const all = severalAtOnce([0, 1, 2, 3], 2, never, async (item, stop) => {
      begun.push(item);
      if (item === 0) throw new Error('zero');
      await new Promise((_, reject) => stop.addEventListener('abort', () => reject(stop.reason)));
    });
    all.catch(resolve);
  });
  t.is(((await stopped) as Error).message, 'zero');
  t.deepEqual(begun, [0, 1]);
});

test('after an abort no item begins', async t => {
  const controller = new AbortController();
  const begun: number[] = [];
  const all = severalAtOnce([0, 1, 2, 3], 1, controller.signal, async item => {
    begun.push(item);
    await setTimeout(1);
    if (item === 1) controller.abort(new Error('enough'));
  });
  await t.throwsAsync(all, { message: 'enough' });
  t.deepEqual(begun, [0, 1]);
});
