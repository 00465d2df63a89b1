import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { SecateurError } from '@secateur/core';
import {
  add,
  expand,
  type Graph,
  GraphBuilder,
  linearCrossEntropy,
  matMul,
  mul,
  reduceSum,
  softmax,
} from '@secateur/core/graph';
import test from 'ava';
import { OnnxRuntimeEngine } from './onnx-runtime-engine.js';

const engine = new OnnxRuntimeEngine({ threads: 2 });
test.after.always(() => engine.close());

/** loss = Σ (x·s + p): takes inputs x [2, 3] and s [], parameter p [3]; `unused` is an input nobody reads. */
const sum = (): Graph => {
  const g = new GraphBuilder();
  const x = g.input('x', [2, 3]);
  const s = g.input('s', []);
  g.input('unused', [4], 'int64');
  g.output('loss', reduceSum(g, add(g, mul(g, x, s), g.parameter('p', [3])), [0, 1]));
  g.output('x again', x);
  return g.build();
};

const feeds = {
  x: { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
  s: { shape: [], data: Float32Array.of(2) },
  p: { shape: [3], data: Float32Array.of(10, 20, 30) },
  unused: { shape: [4], data: new BigInt64Array(4) },
};

test('info names onnxruntime, its version and the threads', t => {
  const { name, version, device, threads } = engine.info();
  t.is(name, 'onnxruntime');
  t.regex(version, /^\d+\.\d+\.\d+/);
  t.is(device, 'cpu');
  t.is(threads, 2);
  t.true(new OnnxRuntimeEngine().info().threads >= 1);
});

test('outputs, gradients, an input as an output, and feeds that stay with the caller', async t => {
  const executable = await engine.compile(sum(), { wrt: ['x', 's', 'p'] });
  const { outputs, gradients } = await executable.run(feeds);
  t.deepEqual(outputs, {
    loss: { shape: [], data: Float32Array.of(162) },
    'x again': { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
  });
  t.deepEqual(gradients, {
    x: { shape: [2, 3], data: new Float32Array(6).fill(2) },
    s: { shape: [], data: Float32Array.of(21) },
    p: { shape: [3], data: Float32Array.of(2, 2, 2) },
  });
  t.is(feeds.x.data.length, 6);
  await executable.release();
});

test('gradients by a value that the graph computes', async t => {
  const g = new GraphBuilder();
  const y = add(g, g.input('a', [2]), g.input('b', [2]));
  g.output('loss', reduceSum(g, mul(g, y, y), [0]));
  const executable = await engine.compile(g.build(), { wrt: [y.name] });
  const { gradients } = await executable.run({
    a: { shape: [2], data: Float32Array.of(1, 2) },
    b: { shape: [2], data: Float32Array.of(3, 5) },
  });
  t.deepEqual(gradients, { [y.name]: { shape: [2], data: Float32Array.of(8, 14) } });
  await executable.release();
});

test('only the part of a buffer that a feed views is read', async t => {
  const executable = await engine.compile(sum());
  const data = Float32Array.of(9, 9, 1, 2, 3, 4, 5, 6, 9).subarray(2, 8);
  const { outputs } = await executable.run({ ...feeds, x: { shape: [2, 3], data } });
  t.deepEqual([...outputs.loss!.data], [162]);
  await executable.release();
});

test('gradients that are one tensor come as two arrays', async t => {
  const g = new GraphBuilder();
  g.output('loss', reduceSum(g, add(g, g.input('a', [2]), g.input('b', [2])), [0]));
  const executable = await engine.compile(g.build(), { wrt: ['a', 'b'] });
  const vector = { shape: [2], data: Float32Array.of(1, 2) };
  const { gradients } = await executable.run({ a: vector, b: vector });
  t.deepEqual(gradients.a, gradients.b);
  t.not(gradients.a!.data.buffer, gradients.b!.data.buffer);
  await executable.release();
});

test('a wrong feed is an E_ENGINE that names it', async t => {
  const executable = await engine.compile(sum());
  const { x: _, ...withoutX } = feeds;
  const wrong = [
    [withoutX, /"x" of shape \[2,3\] is missing/],
    [{ ...feeds, y: feeds.x }, /takes no feed "y"; it takes: x, s, unused, p/],
    [{ ...feeds, x: { ...feeds.x, shape: [3, 2] } }, /"x" has shape \[3,2\]; the graph has \[2,3\]/],
    [{ ...feeds, x: { shape: [2, 3], data: new Float32Array(5) } }, /"x" has 5 elements for shape \[2,3\]/],
    [
      { ...feeds, x: { shape: [2, 3], data: new BigInt64Array(6) } },
      /"x" is a BigInt64Array; the graph has float/,
    ],
    [{ ...feeds, unused: { shape: [4], data: new Float32Array(4) } }, /"unused" is a Float32Array; .* int64/],
  ] as const;
  for (const [given, message] of wrong)
    await t.throwsAsync(executable.run(given), { code: 'E_ENGINE', message });
  await executable.release();
});

test('unknown names in wrt and fed are an E_ENGINE', async t => {
  await t.throwsAsync(engine.compile(sum(), { wrt: ['q'] }), { code: 'E_ENGINE', message: /"q"/ });
  await t.throwsAsync(engine.compile(sum(), { fed: ['x'] }), { code: 'E_ENGINE', message: /parameter "x"/ });
});

test('a graph without a loss cannot be differentiated: E_ENGINE', async t => {
  const g = new GraphBuilder();
  g.output('y', mul(g, g.input('x', [2]), g.scalar(2)));
  await t.throwsAsync(engine.compile(g.build(), { wrt: ['x'] }), { code: 'E_ENGINE', message: /loss/ });
});

test('an operator without a lowering is an E_ENGINE that names it', async t => {
  const graph = sum();
  const node = { ...graph.nodes[0]!, op: 'Foo' };
  const strange = { ...graph, nodes: [node, ...graph.nodes.slice(1)] };
  const error = await t.throwsAsync(engine.compile(strange));
  t.true(error instanceof SecateurError);
  t.regex(error!.message, /Foo/);
});

test('memory that cannot be had is an E_ENGINE that says what needs less', async t => {
  const g = new GraphBuilder();
  g.output('y', reduceSum(g, expand(g, g.input('x', [1, 1]), [2 ** 24, 2 ** 22]), [0, 1])); // 2^48 bytes
  const executable = await engine.compile(g.build());
  const run = executable.run({ x: { shape: [1, 1], data: Float32Array.of(1) } });
  const error = await t.throwsAsync(run, { instanceOf: SecateurError, code: 'E_ENGINE' });
  t.regex(error!.hint!, /train\.recompute/);
  await executable.release();
});

test('a released executable cannot be run; releasing twice is safe', async t => {
  const executable = await engine.compile(sum());
  await executable.release();
  await executable.release();
  await t.throwsAsync(executable.run(feeds), { code: 'E_ENGINE', message: /released/ });
});

test('close frees everything, is safe twice, and ends the engine', async t => {
  const own = new OnnxRuntimeEngine({ threads: 1 });
  const executable = await own.compile(sum());
  await own.close();
  await own.close();
  await t.throwsAsync(executable.run(feeds), { code: 'E_ENGINE', message: /closed/ });
  await t.throwsAsync(own.compile(sum()), { code: 'E_ENGINE', message: /closed/ });
  await t.notThrowsAsync(executable.release());
});

test('two executables run at once', async t => {
  const one = await engine.compile(sum());
  const two = await engine.compile(sum(), { precision: 'float64' });
  const results = await Promise.all([one.run(feeds), two.run(feeds), one.run(feeds), two.run(feeds)]);
  t.deepEqual(
    results.map(({ outputs }) => Number(outputs.loss!.data[0])),
    [162, 162, 162, 162],
  );
  t.true(results[1]!.outputs.loss!.data instanceof Float64Array);
  await one.release();
  t.is(Number((await two.run(feeds)).outputs.loss!.data[0]), 162);
  await two.release();
});

/** Work for a while: products of n × n matrices, softmax and sums, spread over threads. */
const heavy = (n: number, products: number): Graph => {
  const g = new GraphBuilder();
  let x = g.input('x', [n, n]);
  const w = x;
  for (let i = 0; i < products; i++) x = softmax(g, matMul(g, x, w));
  g.output('x', x);
  g.output('loss', reduceSum(g, mul(g, x, w), [0, 1]));
  return g.build();
};

const noise = (n: number) => ({
  x: { shape: [n, n], data: Float32Array.from({ length: n * n }, (_, i) => Math.sin(i * i)) },
});

test('timers tick while the engine works', async t => {
  const executable = await engine.compile(heavy(640, 30));
  let ticks = 0;
  const timer = setInterval(() => {
    ticks++;
  }, 2);
  await executable.run(noise(640));
  clearInterval(timer);
  t.true(ticks >= 5, `${ticks} ticks`);
  await executable.release();
});

test('many threads give the same bytes in every run', async t => {
  const executable = await engine.compile(heavy(257, 4), { wrt: ['x'] });
  const first = await executable.run(noise(257));
  for (let i = 0; i < 4; i++) t.deepEqual(await executable.run(noise(257)), first);
  await executable.release();
});

test('an output layer of more rows than one chunk agrees with the naive form', async t => {
  const [rows, width, vocabulary] = [600, 3, 7];
  const g = new GraphBuilder();
  const x = g.input('x', [rows, width]);
  const w = g.parameter('w', [vocabulary, width]);
  const { loss, nll } = linearCrossEntropy(
    g,
    x,
    w,
    g.input('targets', [rows], 'int64'),
    g.input('weights', [rows]),
  );
  g.output('loss', loss);
  g.output('nll', nll);
  const wave = (length: number) => Float32Array.from({ length }, (_, i) => Math.sin(i + 1));
  const given = {
    x: { shape: [rows, width], data: wave(rows * width) },
    w: { shape: [vocabulary, width], data: wave(vocabulary * width) },
    targets: { shape: [rows], data: BigInt64Array.from({ length: rows }, (_, i) => BigInt(i % vocabulary)) },
    weights: { shape: [rows], data: wave(rows) },
  };
  const runAs = async (form: 'fused' | 'naive') => {
    const executable = await engine.compile(g.build(), { wrt: ['x', 'w', 'weights'], form });
    const { outputs, gradients } = await executable.run(given);
    await executable.release();
    return { ...outputs, ...gradients };
  };
  const [fused, naive] = [await runAs('fused'), await runAs('naive')];
  for (const [name, { data }] of Object.entries(naive)) {
    const errors = Array.from({ length: data.length }, (_, i) =>
      Math.abs(Number(data[i]) - Number(fused[name]!.data[i])),
    );
    t.true(Math.max(...errors) <= 2e-5, name);
  }
});

test('a process ends by itself when the engine is idle', async t => {
  const index = new URL('./index.js', import.meta.url).href;
  const source = `
    import { createOnnxRuntimeEngine } from ${JSON.stringify(index)};
    import { GraphBuilder, mul } from '@secateur/core/graph';
    const g = new GraphBuilder();
    g.output('y', mul(g, g.input('x', []), g.scalar(2)));
    const executable = await createOnnxRuntimeEngine().compile(g.build());
    const { outputs } = await executable.run({ x: { shape: [], data: Float32Array.of(21) } });
    process.stdout.write(String(outputs.y.data[0]));
  `;
  const args = ['--input-type=module', '--eval', source];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, {
    cwd: new URL('.', import.meta.url).pathname,
    timeout: 20_000,
  });
  t.is(stdout, '42');
  t.is(stderr, '');
});
