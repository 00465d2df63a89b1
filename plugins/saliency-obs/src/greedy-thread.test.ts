import { createRng } from '@secateur/core';
import test from 'ava';
import { inThread } from './greedy-thread.js';
import { type GreedyInput, greedyCosts } from './index.js';

const into = 16;
const out = 2;
const rng = createRng(9);

/** Inputs that go together in fours. */
const gram = Float64Array.from({ length: into * into }, (_, at) => {
  const [row, column] = [Math.floor(at / into), at % into];
  return (row === column ? 1 : 0) + (row >> 2 === column >> 2 ? 0.5 : 0);
});
const input: GreedyInput = {
  weight: Float32Array.from({ length: out * into }, () => rng.normal()),
  out,
  into,
  gram,
  units: Array.from({ length: into / 4 }, (_, unit) => [4 * unit, 4 * unit + 1, 4 * unit + 2, 4 * unit + 3]),
  ridge: 1e-3,
  block: 0.1,
};

test('a thread works out the same costs', async t => {
  const costs = await inThread(input);
  t.deepEqual(costs, greedyCosts(input));
  t.true(costs.every(cost => cost > 0));
});

test('what is wrong in a thread comes back with its code', async t => {
  const broken = { ...input, gram: gram.map(sum => -sum) };
  await t.throwsAsync(inThread(broken), {
    code: 'E_NUMERICS',
    message: /^a matrix of second moments is not positive definite: pivot 0 is /,
  } as never);
});

test('a thread that is told to stop does', async t => {
  const controller = new AbortController();
  const costs = inThread(input, controller.signal);
  controller.abort(new Error('enough'));
  await t.throwsAsync(costs, { message: 'enough' });
  await t.throwsAsync(inThread(input, controller.signal), { message: 'enough' });
});
