import test from 'ava';
import { GraphBuilder } from './builder.js';
import { closeColumns, closedRole } from './close-columns.js';
import { largestDifference, outputAt } from './fixtures/cut-feeds.js';
import { tinyFeeds } from './fixtures/tiny-decoder.js';
import { flopsOf } from './flops.js';
import type { Graph, Node } from './graph.js';
import { layersReading } from './linear-weight.js';
import { linear } from './ops/linear.js';
import { loraLinear } from './ops/lora-linear.js';
import { subgraph } from './subgraph.js';

const [rows, into, out] = [4, 6, 5];

/** One layer from x [4, 6] to y [4, 5]. */
const layer = (lora: boolean, biased: boolean): Graph => {
  const g = new GraphBuilder();
  const x = g.input('x', [rows, into]);
  const w = g.parameter('w', [out, into]);
  const bias = biased ? g.parameter('bias', [out]) : undefined;
  const [a, b] = lora ? [g.parameter('a', [2, into]), g.parameter('b', [out, 2])] : [];
  g.output('y', a && b ? loraLinear(g, x, w, a, b, bias, { scaling: 1.5 }) : linear(g, x, w, bias));
  return g.build();
};

const closedOutputs = (graph: Graph, sets: readonly (readonly number[])[]): Graph => {
  const closed = closeColumns(graph, graph.nodes[0]!, sets);
  const roles = sets.map((_, i) => closedRole(i));
  return subgraph(closed, { outputs: new Map(roles.map(role => [role, closed.outputs.get(role)!])) });
};

const cases: Readonly<Record<string, readonly (readonly number[])[]>> = {
  nested: [[4], [4, 1, 0], [0, 1, 2, 4]],
  overlapping: [
    [0, 1],
    [1, 2],
    [2, 0],
  ],
  'nothing, and everything': [[], [0, 1, 2, 3, 4, 5]],
};

for (const lora of [false, true])
  for (const biased of [false, true])
    for (const [kind, sets] of Object.entries(cases))
      test(`${lora ? 'LoRA' : 'linear'}${biased ? ' with bias' : ''}, ${kind}: closed columns are zero inputs`, t => {
        const graph = layer(lora, biased);
        const feeds = tinyFeeds(graph);
        const closed = closedOutputs(graph, sets);
        t.false(closed.nodes.includes(graph.nodes[0]!), 'the layer itself is not needed');
        for (const [i, set] of sets.entries()) {
          const x = feeds.x!.data.map((value, at) => (set.includes(at % into) ? 0 : value));
          const expected = outputAt(graph, 'y', { ...feeds, x: { shape: [rows, into], data: x } });
          t.true(largestDifference(outputAt(closed, closedRole(i), feeds), expected) <= 1e-13);
        }
      });

test('all sets together cost one product at most, and not the columns that all of them close', t => {
  const graph = layer(false, false);
  const product = (columns: number): number => 2 * rows * columns * out;
  const additions = (count: number): number => count * rows * out;
  t.is(flopsOf(closedOutputs(graph, [[4], [4, 1, 0], [0, 1, 2, 4]])), product(5) + additions(2 + 1));
  t.is(flopsOf(closedOutputs(graph, [[0, 1, 2, 3]])), product(2));
  t.is(flopsOf(closedOutputs(graph, [[], [0, 1, 2, 3, 4, 5]])), product(6));
});

test('readers of a weight are the linear layers that multiply by it, in order', t => {
  const g = new GraphBuilder();
  const w = g.parameter('w', [3, 3]);
  const y = linear(g, g.input('x', [2, 3]), w);
  g.output('y', linear(g, linear(g, y, g.parameter('other', [3, 3])), w));
  const graph = g.build();
  t.deepEqual(layersReading(graph, 'w'), [graph.nodes[0], graph.nodes[2]] as Node[]);
  t.deepEqual(layersReading(graph, 'x'), []);
});
