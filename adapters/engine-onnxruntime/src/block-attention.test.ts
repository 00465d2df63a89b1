import { type CompileOptions, createRng, type Feeds, type Tensor } from '@secateur/core';
import {
  causalAttention,
  flopsOf,
  type Graph,
  GraphBuilder,
  mul,
  reduceSum,
  withDocuments,
} from '@secateur/core/graph';
import { randomDense, relativeError } from '@secateur/core/testing';
import test from 'ava';
import { blockAttention } from './block-attention.js';
import { OnnxRuntimeEngine } from './onnx-runtime-engine.js';

const engine = new OnnxRuntimeEngine({ threads: 1 });
test.after.always(() => engine.close());

/** The sum of weighted outputs of one attention; q, k, v and the weights are fed. */
const attentionOf = (length: number, window: number): Graph => {
  const g = new GraphBuilder();
  const q = g.input('q', [1, length, 1, 2, 4]);
  const [k, v] = [g.input('k', [1, length, 1, 4]), g.input('v', [1, length, 1, 6])];
  const o = causalAttention(g, q, k, v, { scale: 0.5, window });
  const weights = g.input('weights', o.shape);
  g.output('loss', reduceSum(g, mul(g, o, weights), [...o.shape.keys()]));
  return g.build();
};

/** Numbers that go up by 1 wherever a run begins. */
const runsOf = (length: number, begins: () => boolean): Float64Array => {
  let run = 0;
  return Float64Array.from({ length }, () => (begins() ? ++run : run));
};

const feedsOf = (graph: Graph): Feeds =>
  Object.fromEntries(
    graph.inputs.map(name => {
      const { shape } = graph.values.get(name)!;
      // documents of 40 positions on average
      const rng = createRng(3).fork(name);
      const { data } =
        name === 'documents'
          ? { data: runsOf(shape[1]!, () => rng.integer(40) === 0) }
          : randomDense(rng, { shape });
      return [name, { shape, data: Float32Array.from(data) }];
    }),
  );

/** Of the scores of a sequence, those that its blocks compute. */
const shareLeft = (length: number): number => {
  const graph = attentionOf(length, 0);
  const attention = ({ nodes, ...rest }: Graph) =>
    flopsOf({ ...rest, nodes: nodes.filter(({ op }) => op === 'CausalAttention') });
  return attention(blockAttention(graph)) / attention(graph);
};

for (const [length, window, documents] of [
  [100, 0, false],
  [300, 0, false],
  [300, 70, false],
  [300, 0, true],
  [300, 70, true],
] as const)
  test(`${length} positions${window ? `, window of ${window}` : ''}${documents ? ', documents' : ''}: blocks agree with the reference`, async t => {
    const plain = attentionOf(length, window);
    const graph = documents ? withDocuments(plain) : plain;
    t.true(flopsOf(blockAttention(graph)) < flopsOf(graph));
    const wrt = ['q', 'k', 'v'];
    const run = async (options: CompileOptions): Promise<Record<string, Tensor>> => {
      const executable = await engine.compile(graph, { wrt, ...options });
      const { outputs, gradients } = await executable.run(feedsOf(graph));
      await executable.release();
      return { ...gradients, loss: outputs.loss! };
    };
    const expected = await run({ precision: 'float64', form: 'naive' });
    const found = await run({});
    for (const name of [...wrt, 'loss']) {
      const dense = (results: typeof found) => ({
        shape: results[name]!.shape,
        data: Float64Array.from(results[name]!.data, Number),
      });
      t.true(relativeError(dense(found), dense(expected)) < 2e-5, name);
    }
  });

test('four blocks compute five eighths of the scores', t => {
  t.is(shareLeft(1024), 5 / 8);
});

test('the longer a sequence is beyond that, the more is left out', t => {
  t.is(shareLeft(2048), 5 / 8);
  t.is(shareLeft(8192), 17 / 32);
});

test('short sequences stay whole', t => {
  const graph = attentionOf(64, 0);
  t.deepEqual(blockAttention(graph).nodes, graph.nodes);
});
