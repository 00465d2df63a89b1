import test from 'ava';
import { createRng } from '../rng.js';
import { AdamW, type AdamWOptions, gradientNorm } from './adamw.js';

/** AdamW as its paper writes it (arXiv 1711.05101, Alg. 2), in float64: all steps of one entry from its gradients. */
const byTheBook = (
  start: number,
  gradients: readonly number[],
  rates: readonly number[],
  { betas = [0.9, 0.99], epsilon = 1e-8, weightDecay = 0 }: AdamWOptions,
): number => {
  let [x, m, v] = [start, 0, 0];
  for (const [i, g] of gradients.entries()) {
    m = betas[0] * m + (1 - betas[0]) * g;
    v = betas[1] * v + (1 - betas[1]) * g * g;
    const mHat = m / (1 - betas[0] ** (i + 1));
    const vHat = v / (1 - betas[1] ** (i + 1));
    x -= rates[i]! * (mHat / (Math.sqrt(vHat) + epsilon) + weightDecay * x);
  }
  return x;
};

const close = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-5 * Math.max(1, Math.abs(b));

for (const options of [{}, { betas: [0.8, 0.999], epsilon: 1e-3, weightDecay: 0.1 }] satisfies AdamWOptions[])
  test(`ten steps are those of the paper, with ${JSON.stringify(options)}`, t => {
    const rng = createRng(1);
    const start = Array.from({ length: 5 }, () => rng.normal());
    const gradients = Array.from({ length: 10 }, () => Array.from({ length: 5 }, () => rng.normal()));
    const rates = Array.from({ length: 10 }, () => 0.1 * rng.next());
    const x = Float32Array.from(start);
    const optimizer = new AdamW(options);
    for (const [i, gradient] of gradients.entries())
      optimizer.update(new Map([['x', x]]), { x: { data: gradient } }, rates[i]!);
    for (const [j, first] of start.entries()) {
      const expected = byTheBook(
        first,
        gradients.map(gradient => gradient[j]!),
        rates,
        options,
      );
      t.true(close(x[j]!, expected), `${x[j]} ${expected}`);
    }
  });

const stepOf = (optimizer: AdamW, x: Float32Array, ...gradient: number[]): void =>
  optimizer.update(new Map([['x', x]]), { x: { data: gradient } }, 0.1);

test('the first step is as long as the learning rate, whatever the gradient', t => {
  const x = Float32Array.of(0, 0);
  stepOf(new AdamW(), x, 1e-3, -50);
  t.true(close(x[0]!, -0.1));
  t.true(close(x[1]!, 0.1));
});

test('scaling the gradients is scaling them', t => {
  const [a, b] = [Float32Array.of(1), Float32Array.of(1)];
  const [first, second] = [new AdamW({ epsilon: 1 }), new AdamW({ epsilon: 1 })];
  first.update(new Map([['x', a]]), { x: { data: [3] } }, 0.1, 0.25);
  stepOf(second, b, 0.75);
  t.deepEqual(a, b);
});

test('parameters without a gradient stay', t => {
  const [x, y] = [Float32Array.of(1), Float32Array.of(2)];
  new AdamW({ weightDecay: 1 }).update(
    new Map([
      ['x', x],
      ['y', y],
    ]),
    { x: { data: [1] } },
    0.1,
  );
  t.not(x[0], 1);
  t.is(y[0], 2);
});

test('cleared entries have no momentum left, the others keep theirs', t => {
  const x = Float32Array.of(0, 0);
  const optimizer = new AdamW();
  for (let i = 0; i < 5; i++) stepOf(optimizer, x, 1, 1);
  optimizer.clear('x', [1]);
  optimizer.clear('nothing', [0]);
  const before = x.slice();
  stepOf(optimizer, x, 0, 0);
  t.not(x[0], before[0]);
  t.is(x[1], before[1]);
});

test('after a reset it is as new', t => {
  const [x, fresh] = [Float32Array.of(1, 2), Float32Array.of(1, 2)];
  const optimizer = new AdamW();
  stepOf(optimizer, Float32Array.of(0, 0), 5, -5);
  optimizer.reset();
  t.deepEqual(optimizer.state(), { step: 0, tensors: {} });
  const other = new AdamW();
  for (let i = 0; i < 3; i++) {
    stepOf(optimizer, x, i, 1);
    stepOf(other, fresh, i, 1);
  }
  t.deepEqual(x, fresh);
});

test('a restored optimizer goes on to the same bits, and does not share its arrays', t => {
  const rng = createRng(3);
  const gradients = Array.from({ length: 8 }, () => [rng.normal(), rng.normal()]);
  const [x, y] = [Float32Array.of(0.3, -2), new Float32Array(2)];
  const optimizer = new AdamW({ weightDecay: 0.01 });
  for (const gradient of gradients.slice(0, 4)) stepOf(optimizer, x, ...gradient);
  const saved = structuredClone(optimizer.state());
  t.is(saved.step, 4);
  t.deepEqual(Object.keys(saved.tensors), ['adam.m:x', 'adam.v:x']);
  y.set(x);
  for (const gradient of gradients.slice(4)) stepOf(optimizer, x, ...gradient);
  const other = new AdamW({ weightDecay: 0.01 });
  stepOf(other, Float32Array.of(9, 9), 1, 1);
  other.restore(saved.step, { ...saved.tensors, 'lora:x': Float32Array.of(1) });
  const kept = structuredClone(saved);
  for (const gradient of gradients.slice(4)) stepOf(other, y, ...gradient);
  t.deepEqual(y, x);
  t.deepEqual(saved, kept);
});

test('what takes a state over goes on as the other would have, for the entries that it has', t => {
  const [x, small] = [Float32Array.of(1, 2, 3), new Float32Array(2)];
  const optimizer = new AdamW();
  for (let i = 0; i < 4; i++) stepOf(optimizer, x, i, -1, 2);
  small.set([x[0]!, x[2]!]);
  const next = new AdamW();
  stepOf(next, Float32Array.of(9), 1);
  next.takeOver(optimizer, (name, [a, , c]) => {
    t.is(name, 'x');
    return Float32Array.of(a!, c!);
  });
  stepOf(optimizer, x, 0.5, 1, -1);
  stepOf(next, small, 0.5, -1);
  t.deepEqual(small, Float32Array.of(x[0]!, x[2]!));
  t.is(next.state().step, 5);
});

test('the norm is taken over all gradients together', t => {
  t.is(gradientNorm({ a: { data: [3] }, b: { data: Float32Array.of(0, 4) } }), 5);
  t.is(gradientNorm({}), 0);
});
