import { createRng } from '@secateur/core';
import { evaluate, GraphBuilder, matMul, type Shape, sizeOf } from '@secateur/core/graph';
import { asDense, relativeError, throwsCode } from '@secateur/core/testing';
import test from 'ava';
import { TfjsEngine } from './tfjs-engine.js';

const engine = new TfjsEngine({ backend: 'wasm' });

const product = (a: Shape, b: Shape) => {
  const g = new GraphBuilder();
  g.output('y', matMul(g, g.input('a', a), g.input('b', b)));
  return g.build();
};
const random = (shape: Shape, seed: number) => {
  const rng = createRng(seed);
  return { shape, data: Float64Array.from({ length: sizeOf(shape) }, () => Math.fround(rng.normal())) };
};

for (const [a, b] of [
  [
    [2, 160, 165],
    [2, 165, 170],
  ],
  [
    [2, 3, 80, 160],
    [2, 1, 160, 200],
  ],
  [
    [3, 40, 30],
    [1, 30, 20],
  ],
  [
    [2, 3, 4, 5],
    [1, 3, 5, 6],
  ],
] as const)
  test.serial(`[${a}] times [${b}]`, async t => {
    const graph = product(a, b);
    const feeds = { a: random(a, 1), b: random(b, 2) };
    const executable = await engine.compile(graph);
    const { outputs } = await executable.run(feeds);
    const expected = evaluate(graph, feeds).get(graph.outputs.get('y')!)!;
    t.true(relativeError(asDense(outputs.y!), expected) <= 1e-6);
    await executable.release();
  });

test.serial('what it cannot do is refused', async t => {
  const graph = product([1, 2], [2, 1]);
  await throwsCode(
    t,
    () => engine.compile(graph, { precision: 'float64' }),
    'E_ENGINE',
    /computes in float32, not in float64/,
  );
  await throwsCode(t, () => engine.compile(graph, { wrt: ['c'] }), 'E_ENGINE', /There is no value "c"/);
  const executable = await engine.compile(graph);
  const a = { shape: [1, 2], data: Float32Array.of(1, 2) };
  await throwsCode(t, () => executable.run({ a }), 'E_ENGINE', /The feed "b" of shape \[2,1\] is missing/);
  await executable.release();
  await executable.release();
  await throwsCode(t, () => executable.run({ a, b: a }), 'E_ENGINE', /released/);
});

test.serial('results belong to the caller, and runs take turns', async t => {
  const graph = product([1, 2], [2, 1]);
  const executable = await engine.compile(graph);
  const run = (x: number) =>
    executable.run({
      a: { shape: [1, 2], data: Float32Array.of(x, 1) },
      b: { shape: [2, 1], data: Float32Array.of(3, 4) },
    });
  const [first, second] = await Promise.all([run(1), run(2)]);
  t.deepEqual([first.outputs.y!.data, second.outputs.y!.data], [Float32Array.of(7), Float32Array.of(10)]);
  await executable.release();
});

test.serial('its devices are the backends, of which it names the one that computes', async t => {
  const devices = await engine.devices();
  t.deepEqual(
    devices.flatMap(({ device, isChosen }) => (isChosen ? [device] : [])),
    ['wasm'],
  );
  t.like(engine.info(), { name: 'tfjs', version: '4.22.0', device: 'wasm', threads: 1 });
  t.like(new TfjsEngine().info(), { name: 'tfjs', device: 'none' });
});
