import test from 'ava';
import { GraphBuilder } from '../graph/builder.js';
import { mul } from '../graph/ops/mul.js';
import { reduceSum } from '../graph/ops/reduce-sum.js';
import { sub } from '../graph/ops/sub.js';
import { InterpreterEngine } from '../testing/interpreter-engine.js';
import { AdamW } from './adamw.js';
import { feedsOf, Trainer } from './trainer.js';

const engine = new InterpreterEngine(async () => []);

/** loss = Σ scale · (x − target)². */
const bowl = () => {
  const g = new GraphBuilder();
  const [target, x, scale] = [g.input('target', [2]), g.parameter('x', [2]), g.parameter('scale', [2])];
  const gap = sub(g, x, target);
  g.output('loss', reduceSum(g, mul(g, scale, mul(g, gap, gap)), [0]));
  return g.build();
};

const scale = new Map([['scale', Float32Array.of(1, 10)]]);
const batch = { target: { shape: [2], data: Float32Array.of(1, -1) } };

test('steps lower the loss, in place, and return the loss of before', async t => {
  const x = Float32Array.of(0, 0);
  const trainer = await Trainer.open(engine, bowl(), new Map([['x', x]]), scale);
  t.is(await trainer.step(batch, 0.1), 11);
  let last = 11;
  for (let i = 0; i < 60; i++) last = await trainer.step(batch, 0.1);
  t.true(last < 0.1);
  t.true(Math.abs(x[0]! - 1) < 0.1 && Math.abs(x[1]! + 1) < 0.1);
  t.deepEqual(scale.get('scale'), Float32Array.of(1, 10));
});

test('a long gradient is scaled down to the limit, a short one is left alone', async t => {
  // gradient at 0: (−2, 20), of length √404
  const norm = Math.hypot(2, 20);
  for (const [clip, factor] of [
    [1, 1 / norm],
    [5, 5 / norm],
    [norm + 1, 1],
    [0, 1],
  ] as const) {
    const [x, expected] = [Float32Array.of(0, 0), Float32Array.of(0, 0)];
    const trainer = await Trainer.open(engine, bowl(), new Map([['x', x]]), scale, { clip, epsilon: 1 });
    await trainer.step(batch, 0.5);
    const gradient = { x: { data: [-2, 20] } };
    new AdamW({ epsilon: 1 }).update(new Map([['x', expected]]), gradient, 0.5, factor);
    for (const [i, value] of x.entries()) t.true(Math.abs(value - expected[i]!) < 1e-6, `clip ${clip}`);
  }
});

/** loss = Σ weight · (x − target)². */
const bowls = () => {
  const g = new GraphBuilder();
  const [target, weight] = [g.input('target', [2]), g.input('weight', [2])];
  const gap = sub(g, g.parameter('x', [2]), target);
  g.output('loss', reduceSum(g, mul(g, weight, mul(g, gap, gap)), [0]));
  return g.build();
};

test('a step in parts is the step as a whole: losses and gradients add up, and the sum is clipped', async t => {
  const part = (target: number[], weight: number[]) => ({
    target: { shape: [2], data: Float32Array.from(target) },
    weight: { shape: [2], data: Float32Array.from(weight) },
  });
  // Gradients at 0 are (−1, 10) and (−1, −4): each alone is longer than the limit, and so is the sum (−2, 6).
  const parts = [part([1, -1], [0.5, 5]), part([1, 1], [0.5, 2])];
  const [x, expected] = [Float32Array.of(0, 0), Float32Array.of(0, 0)];
  const trainer = await Trainer.open(engine, bowls(), new Map([['x', x]]), new Map(), {
    clip: 3,
    epsilon: 1,
  });
  t.is(await trainer.step(parts, 0.5), 8);
  const adam = new AdamW({ epsilon: 1 });
  adam.update(new Map([['x', expected]]), { x: { data: [-2, 6] } }, 0.5, 3 / Math.hypot(2, 6));
  for (const [i, value] of x.entries()) t.true(Math.abs(value - expected[i]!) < 1e-6);
  t.is(trainer.optimizer.state().step, 1);
});

test('gradients by inputs are handed back as they are, summed over the parts, and count for no clip', async t => {
  const part = (target: number[], weight: number[]) => ({
    target: { shape: [2], data: Float32Array.from(target) },
    weight: { shape: [2], data: Float32Array.from(weight) },
  });
  const parts = [part([1, -1], [0.5, 5]), part([1, 1], [0.5, 2])];
  const [x, expected] = [Float32Array.of(0, 0), Float32Array.of(0, 0)];
  const options = { clip: 3, epsilon: 1 };
  const trainer = await Trainer.open(engine, bowls(), new Map([['x', x]]), new Map(), {
    ...options,
    also: ['weight', 'target'],
  });
  const { loss, also } = await trainer.stepWith(parts, 0.5);
  t.is(loss, 8);
  // By the weight (x − target)², by the target −2 weight (x − target), at x = 0.
  t.deepEqual(Object.keys(also).sort(), ['target', 'weight']);
  t.deepEqual(also.weight!.data, Float32Array.of(2, 2));
  t.deepEqual(also.target!.data, Float32Array.of(2, -6));
  const plain = await Trainer.open(engine, bowls(), new Map([['x', expected]]), new Map(), options);
  await plain.step(parts, 0.5);
  t.deepEqual(x, expected);
  t.deepEqual(Object.keys(trainer.optimizer.state().tensors), ['adam.m:x', 'adam.v:x']);
});

test('a loss that is no number stops the training, before anything is changed', async t => {
  const x = Float32Array.of(0, 0);
  const trainer = await Trainer.open(engine, bowl(), new Map([['x', x]]), scale);
  const wrong = { target: { shape: [2], data: Float32Array.of(Number.NaN, 0) } };
  const error = (await t.throwsAsync(trainer.step(wrong, 0.25))) as Error & { code: string; hint: string };
  t.is(error.code, 'E_NUMERICS');
  t.regex(error.hint, /0\.25/);
  t.deepEqual(x, Float32Array.of(0, 0));
});

test('arrays become feeds of the shapes that the graph gives them; others are left out', t => {
  const g = new GraphBuilder();
  g.parameter('w', [2, 3]);
  const data = new Float32Array(6);
  const feeds = feedsOf(
    g.build(),
    new Map([
      ['w', data],
      ['other', new Float32Array(1)],
    ]),
  );
  t.deepEqual(Object.keys(feeds), ['w']);
  t.deepEqual(feeds.w!.shape, [2, 3]);
  t.is(feeds.w!.data, data);
});
