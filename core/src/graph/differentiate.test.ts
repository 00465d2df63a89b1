import test from 'ava';
import { createRng } from '../rng.js';
import { centralDifferences, randomDense, relativeError } from '../testing/operator-cases.js';
import { GraphBuilder } from './builder.js';
import { differentiate, gradientRole } from './differentiate.js';
import { evaluate } from './evaluate.js';
import { expandGraph } from './expand.js';
import { type Graph, outputOf } from './graph.js';
import type { Dense } from './operator.js';
import { add } from './ops/add.js';
import { exp } from './ops/exp.js';
import { linear } from './ops/linear.js';
import { mul } from './ops/mul.js';
import { neg } from './ops/neg.js';
import { reduceMax } from './ops/reduce-max.js';
import { reduceSum } from './ops/reduce-sum.js';
import { rotaryEmbedding } from './ops/rotary-embedding.js';
import { tinyDecoder } from './tiny-decoder.test.data.js';

const dense = (shape: number[], ...data: number[]): Dense => ({ shape, data: Float64Array.from(data) });

const gradientOf = (graph: Graph, name: string, feeds: Record<string, Dense>): Dense =>
  evaluate(graph, feeds).get(outputOf(graph, gradientRole(name)).name)!;

test('gradients of a value that is used several times are added', t => {
  const g = new GraphBuilder();
  const x = g.input('x', [2]);
  g.output('loss', reduceSum(g, add(g, mul(g, x, x), add(g, exp(g, x), x)), [0]));
  const backward = differentiate(g.build(), { wrt: ['x'] });
  const found = gradientOf(backward, 'x', { x: dense([2], 0, 3) });
  t.true(relativeError(found, dense([2], 2, 7 + Math.exp(3))) < 1e-15);
});

test('a value that the loss does not depend on gets zeros of its shape', t => {
  const g = new GraphBuilder();
  const x = g.input('x', [2]);
  const aside = g.input('aside', [2, 3]);
  g.output('other', neg(g, aside));
  g.output('loss', reduceSum(g, x, [0]));
  const backward = differentiate(g.build(), { wrt: ['x', 'aside'] });
  const feeds = { x: dense([2], 1, 2), aside: dense([2, 3], 1, 2, 3, 4, 5, 6) };
  t.deepEqual(gradientOf(backward, 'aside', feeds), dense([2, 3], 0, 0, 0, 0, 0, 0));
  t.deepEqual(gradientOf(backward, 'x', feeds), dense([2], 1, 1));
});

test('nothing is computed for what is not asked for', t => {
  const graph = tinyDecoder();
  const backward = differentiate(graph, { wrt: ['mlp.down_proj.weight'] });
  const added = backward.nodes.filter(({ outputs }) => !graph.values.has(outputs[0]!));
  t.deepEqual(
    added.map(({ op, path }) => `${path}/${op}`),
    ['lm_head/Mul', 'lm_head/Reshape', 'lm_head/Mul', 'mlp.down_proj/Gemm'],
  );
});

test('the graph that is differentiated stays whole, names and outputs included', t => {
  const graph = tinyDecoder();
  const before = JSON.stringify([...graph.values, ...graph.outputs]);
  const backward = differentiate(graph, { wrt: ['attn.q_proj.lora_A'] });
  t.is(JSON.stringify([...graph.values, ...graph.outputs]), before);
  t.deepEqual(backward.nodes.slice(0, graph.nodes.length), graph.nodes);
  t.deepEqual([...backward.outputs.keys()], ['loss', 'nll', 'gradient:attn.q_proj.lora_A']);
  t.deepEqual(backward.inputs, graph.inputs);
  t.deepEqual(backward.parameters, graph.parameters);
});

test('a value inside of the graph can be asked for, and ends the way back', t => {
  const g = new GraphBuilder();
  const x = g.input('x', [2]);
  const y = g.apply('Exp', [x], {}, ['y'])[0]!;
  g.output('loss', reduceSum(g, mul(g, y, y), [0]));
  const backward = differentiate(g.build(), { wrt: ['y'] });
  t.deepEqual(gradientOf(backward, 'y', { x: dense([2], 0, 0) }), dense([2], 2, 2));
});

test('the rule of an operator is not asked when nothing before it wants a gradient', t => {
  const g = new GraphBuilder();
  const chosen = g.apply('OneHot', [g.input('ids', [2], 'int64')], { depth: 2 }, ['chosen'])[0]!;
  g.output('loss', reduceSum(g, exp(g, chosen), [0, 1]));
  const backward = differentiate(g.build(), { wrt: ['chosen'] });
  const found = gradientOf(backward, 'chosen', { ids: dense([2], 1, 0) });
  t.deepEqual(found, dense([2, 2], 1, Math.E, Math.E, 1));
});

test('equal maxima share the gradient', t => {
  const g = new GraphBuilder();
  g.output('loss', reduceMax(g, g.input('x', [4]), [0]));
  const backward = differentiate(g.build(), { wrt: ['x'] });
  t.deepEqual(gradientOf(backward, 'x', { x: dense([4], 3, 2, 3, -1e9) }), dense([4], 0.5, 0, 0.5, 0));
});

test('the loss itself has gradient 1, and another role can be the loss', t => {
  const g = new GraphBuilder();
  const x = g.input('x', []);
  g.output('energy', x);
  const backward = differentiate(g.build(), { loss: 'energy', wrt: ['x'] });
  t.deepEqual(gradientOf(backward, 'x', { x: dense([], 5) }).data, Float64Array.of(1));
});

test('second derivatives: a differentiated graph of primitives can be differentiated again', t => {
  const g = new GraphBuilder();
  const x = g.input('x', []);
  g.output('loss', mul(g, x, mul(g, x, x)));
  const first = differentiate(g.build(), { wrt: ['x'] });
  const second = differentiate(first, { loss: gradientRole('x'), wrt: ['x'] });
  t.deepEqual(gradientOf(second, 'x', { x: dense([], 5) }).data, Float64Array.of(30));
});

test('what cannot be differentiated throws', t => {
  const g = new GraphBuilder();
  const x = g.input('x', [1, 3, 2]);
  const tables = [g.input('cos', [3, 1]), g.input('sin', [3, 1])] as const;
  g.input('ids', [2], 'int64');
  const turned = rotaryEmbedding(g, x, ...tables);
  g.output('loss', reduceSum(g, turned, [0, 1, 2]));
  g.output('vector', turned);
  const graph = g.build();
  t.throws(() => differentiate(graph, { loss: 'vector', wrt: ['x'] }), {
    message: /expected a float scalar/,
  });
  t.throws(() => differentiate(graph, { wrt: ['ids'] }), { message: /"ids" is not float/ });
  t.throws(() => differentiate(graph, { wrt: ['absent'] }), { message: /no value named "absent"/ });
  t.throws(() => differentiate(graph, { wrt: ['cos'] }), { message: /tables get no gradient/ });
  t.throws(() => differentiate(graph, { loss: 'absent', wrt: ['x'] }), { message: /no output "absent"/ });
});

test('gradients flow through an expansion under the same roles', t => {
  const g = new GraphBuilder();
  const w = g.parameter('w', [1, 2]);
  g.output('loss', reduceSum(g, linear(g, g.input('x', [3, 2]), w), [0, 1]));
  const backward = differentiate(expandGraph(g.build()).graph, { wrt: ['w'] });
  const feeds = { x: dense([3, 2], 1, 2, 3, 4, 5, 6), w: dense([1, 2], 0, 0) };
  t.deepEqual(gradientOf(backward, 'w', feeds), dense([1, 2], 9, 12));
});

const decoder = tinyDecoder();
const rng = createRng(5);
const feeds = Object.fromEntries(
  [...decoder.inputs, ...decoder.parameters.keys()].map(name => {
    const { shape, dtype } = decoder.values.get(name)!;
    return [name, randomDense(rng.fork(name), dtype === 'int64' ? { shape, ids: 7 } : { shape })];
  }),
);
const decoderWrt = [...decoder.parameters.keys(), 'weights'];
const forms = {
  fused: differentiate(decoder, { wrt: decoderWrt }),
  expanded: differentiate(expandGraph(decoder).graph, { wrt: decoderWrt }),
  'fused, recomputed': differentiate(decoder, { wrt: decoderWrt, recompute: true }),
  'expanded, recomputed': differentiate(expandGraph(decoder).graph, { wrt: decoderWrt, recompute: true }),
};
const results = Object.entries(forms).map(([form, graph]) => [form, graph, evaluate(graph, feeds)] as const);

for (const name of decoderWrt)
  test(`a whole decoder by ${name}: every form and central differences agree`, t => {
    const loss = (feed: Dense): number =>
      evaluate(decoder, { ...feeds, [name]: feed }).get(outputOf(decoder, 'loss').name)!.data[0]!;
    const differences = centralDifferences(feeds[name]!, loss);
    for (const [form, graph, tensors] of results) {
      const found = tensors.get(outputOf(graph, gradientRole(name)).name)!;
      t.true(relativeError(found, differences) <= 1e-6, `${form}: ${found.data}\n${differences.data}`);
    }
  });
