import test from 'ava';
import type { SecateurError } from '../errors.js';
import { GraphBuilder } from '../graph/builder.js';
import type { TensorRef } from '../graph/graph.js';
import { linear } from '../graph/ops/linear.js';
import { mul } from '../graph/ops/mul.js';
import { reduceSum } from '../graph/ops/reduce-sum.js';
import { InterpreterEngine } from './interpreter-engine.js';

const ref: TensorRef = { file: 'w', offset: 0, byteLength: 16, dtype: 'F32', shape: [2, 2] };
const engine = new InterpreterEngine(async () => [1, 2, 3, 4]);

/** loss = Σ (x Wᵀ)² with W stored. */
const graph = (() => {
  const g = new GraphBuilder();
  const y = linear(g, g.input('x', [1, 2]), g.parameter('w', [2, 2], { ref }));
  g.output('y', y);
  g.output('loss', reduceSum(g, mul(g, y, y), [0, 1]));
  return g.build();
})();

const x = { shape: [1, 2], data: Float32Array.of(1, -1) };

test('stored parameters are read, outputs and gradients come in the precision that was asked for', async t => {
  const executable = await engine.compile(graph, { wrt: ['x'] });
  const { outputs, gradients } = await executable.run({ x });
  t.deepEqual(outputs.y, { shape: [1, 2], data: Float32Array.of(-1, -1) });
  t.deepEqual(outputs.loss, { shape: [], data: Float32Array.of(2) });
  t.deepEqual(gradients.x, { shape: [1, 2], data: Float32Array.of(-8, -12) });
  t.deepEqual(Object.keys(outputs), ['y', 'loss']);
  const exact = await engine.compile(graph, { precision: 'float64' });
  t.deepEqual((await exact.run({ x })).outputs.loss!.data, Float64Array.of(2));
});

test('parameters that are trained or changed are fed', async t => {
  const w = { shape: [2, 2], data: Float32Array.of(1, 0, 0, 1) };
  for (const options of [{ wrt: ['w'] }, { fed: ['w'] }]) {
    const executable = await engine.compile(graph, options);
    t.deepEqual((await executable.run({ x, w })).outputs.y!.data, Float32Array.of(1, -1));
  }
});

test('the naive form gives the same gradients', async t => {
  const naive = await engine.compile(graph, { wrt: ['x'], form: 'naive', precision: 'float64' });
  t.deepEqual((await naive.run({ x })).gradients.x!.data, Float64Array.of(-8, -12));
});

test('feeds that are missing, unknown or of another shape are refused', async t => {
  const executable = await engine.compile(graph);
  const refused = async (feeds: object): Promise<string> => {
    const error = (await t.throwsAsync(executable.run(feeds as never))) as SecateurError;
    t.is(error.code, 'E_ENGINE');
    return error.message;
  };
  t.is(await refused({}), 'The feed "x" of shape [1,2] is missing.');
  t.is(await refused({ x, z: x }), 'The graph takes no feed "z"; it takes: x.');
  t.is(await refused({ x, w: x }), 'The graph takes no feed "w"; it takes: x.');
  t.is(await refused({ x: { ...x, shape: [2, 1] } }), 'The feed "x" has shape [2,1]; the graph has [1,2].');
  await executable.release();
  await executable.release();
  t.is(await refused({ x }), 'the executable was released');
});
