import type { CompileOptions, RunResult, Tensor } from '@secateur/core';
import { type Dense, type DenseFeeds, GraphBuilder, withDocuments } from '@secateur/core/graph';
import { relativeError } from '@secateur/core/testing';
import test from 'ava';
import onnxProto from 'onnx-proto';
import { OnnxRuntimeEngine } from './onnx-runtime-engine.js';
import { makeProgram } from './program.js';
import { denseFeeds, engineFeeds, smallDecoder, trained } from './small-decoder.test.data.js';

const engine = new OnnxRuntimeEngine({ threads: 1 });
test.after.always(() => engine.close());

const plain = smallDecoder();
const graph = withDocuments(plain);
const [rows, length] = graph.values.get('documents')!.shape as [number, number];

/** Row, first position, end. */
const places = [
  [0, 0, 2],
  [0, 2, 3],
  [0, 3, 6],
  [1, 0, 5],
] as const;
const feeds: DenseFeeds = {
  ...denseFeeds(graph),
  documents: { shape: [rows, length], data: Float64Array.of(0, 0, 1, 2, 2, 2, 0, 0, 0, 0, 0, -1) },
};

const run = async (of: typeof graph, given: DenseFeeds, options: CompileOptions = {}): Promise<RunResult> => {
  const executable = await engine.compile(of, options);
  const result = await executable.run(engineFeeds(of, given));
  await executable.release();
  return result;
};

/** The document at the start of both rows; causal masks hide what stands behind it. */
const alone = ([row, from, to]: (typeof places)[number]): DenseFeeds => {
  const moved = ({ shape, data }: Dense): Dense => {
    const own = data.slice(row * length + from, row * length + to);
    return { shape, data: Float64Array.from(data, (_, i) => own[i % length] ?? 0) };
  };
  const gates = (name: string): Dense => {
    const { shape, data } = feeds[name]!;
    const own = data.slice((row * data.length) / rows, ((row + 1) * data.length) / rows);
    return { shape, data: Float64Array.from(data, (_, i) => own[i % own.length]!) };
  };
  const { documents: _, ...rest } = feeds;
  return {
    ...rest,
    ids: moved(feeds.ids!),
    targets: moved(feeds.targets!),
    'gate.heads': gates('gate.heads'),
    'gate.channels': gates('gate.channels'),
  };
};

const forms = [
  { precision: 'float64', form: 'naive', tolerance: 1e-12 },
  { precision: 'float32', form: 'fused', tolerance: 1e-5 },
] as const;
for (const { tolerance, ...options } of forms)
  test(`${options.form} ${options.precision}: each document of a sequence has the nll that it has alone`, async t => {
    const { nll } = (await run(graph, feeds, options)).outputs;
    for (const place of places) {
      const [row, from, to] = place;
      const expected = (await run(plain, alone(place), options)).outputs.nll!;
      const own = (tensor: Tensor, start: number): Dense => ({
        shape: [to - from],
        data: Float64Array.from(tensor.data.slice(start, start + to - from), Number),
      });
      t.true(relativeError(own(nll!, row * length + from), own(expected, 0)) <= tolerance, `${place}`);
    }
  });

test('gradients of the fused form are within 2e-5 of naive float64', async t => {
  const asDense = ({ shape, data }: Tensor): Dense => ({ shape, data: Float64Array.from(data, Number) });
  const expected = await run(graph, feeds, { wrt: trained, precision: 'float64', form: 'naive' });
  const found = await run(graph, feeds, { wrt: trained });
  for (const name of trained)
    t.true(relativeError(asDense(found.gradients[name]!), asDense(expected.gradients[name]!)) <= 2e-5, name);
});

test('all layers share one mask', async t => {
  const g = new GraphBuilder();
  const x = g.input('x', [2, 4, 1, 1, 2]);
  const keys = g.apply('Reshape', [x], { shape: [2, 4, 1, 2] })[0]!;
  const layer = (q: typeof x) => g.apply('CausalAttention', [q, keys, keys], { scale: 1 })[0]!;
  g.output('y', layer(layer(layer(x))));
  const { model } = await makeProgram(withDocuments(g.build()), {});
  const operators = onnxProto.onnx.ModelProto.decode(model).graph!.node!.map(({ opType }) => opType);
  t.is(operators.filter(op => op === 'Softmax').length, 3);
  t.is(operators.filter(op => op === 'Where').length, 1);
});
