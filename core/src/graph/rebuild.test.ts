import test from 'ava';
import { GraphBuilder } from './builder.js';
import { outputAt } from './fixtures/cut-feeds.js';
import { tinyDecoder, tinyFeeds } from './fixtures/tiny-decoder.js';
import { mul } from './ops/mul.js';
import { neg } from './ops/neg.js';
import { withoutDeadNodes } from './prune-dead.js';
import { rebuild } from './rebuild.js';

const graph = tinyDecoder({ queryKeyNorm: true });

test('a graph that nothing is replaced in is copied, names and all', t => {
  const copy = rebuild(graph, () => undefined);
  t.not(copy, graph);
  t.deepEqual([...copy.values].sort(), [...graph.values].sort());
  t.deepEqual(copy.nodes, graph.nodes);
  t.deepEqual(copy.inputs, graph.inputs);
  t.deepEqual([...copy.outputs], [...graph.outputs]);
  t.deepEqual([...copy.parameters], [...graph.parameters]);
  t.deepEqual([...copy.constants], [...graph.constants]);
});

test('readers and outputs follow what stands for a node', t => {
  const g = new GraphBuilder();
  const x = g.input('x', [2]);
  g.output(
    'y',
    g.at('here', () => neg(g, neg(g, x))),
  );
  const squared = rebuild(g.build(), (h, _, [input]) => [mul(h, input!, input!)]);
  t.deepEqual(
    squared.nodes.map(({ op, path }) => [op, path]),
    [
      ['Mul', 'here'],
      ['Mul', 'here'],
    ],
  );
  t.deepEqual(
    outputAt(squared, 'y', { x: { shape: [2], data: Float64Array.of(2, 3) } }),
    Float64Array.of(16, 81),
  );
});

test('a node that is added does not take the name of one to come', t => {
  const g = new GraphBuilder();
  const x = g.input('x', [1]);
  const first = g.at('here', () => neg(g, x));
  const second = g.at('here', () => neg(g, first));
  g.output('y', second);
  let added = 0;
  const longer = rebuild(g.build(), (h, node, [input]) => {
    if (added++ > 0) return undefined;
    return h.apply(node.op, [h.at('here', () => neg(h, input!))], node.attributes, node.outputs);
  });
  t.deepEqual(
    longer.nodes.map(({ outputs }) => outputs[0]),
    ['here/Neg.2', 'here/Neg', 'here/Neg.1'],
  );
});

test('finish sees the new values by their old names and may add outputs', t => {
  const g = new GraphBuilder();
  const x = g.input('x', [1]);
  const y = neg(g, x);
  g.output('y', y);
  const both = rebuild(
    g.build(),
    (h, _, [input]) => [mul(h, input!, input!)],
    (h, now) => h.output('x²', now(y.name)),
  );
  t.is(both.outputs.get('x²'), both.outputs.get('y'));
  t.throws(
    () =>
      rebuild(
        g.build(),
        () => undefined,
        (_, now) => now('nowhere'),
      ),
    {
      message: 'value "nowhere" is read before it is made',
    },
  );
});

test('nodes and constants that no output needs are dropped, inputs and parameters never', t => {
  const g = new GraphBuilder();
  const x = g.input('x', [1]);
  g.parameter('w', [3]);
  g.input('unused', [2]);
  const dead = mul(g, x, g.scalar(2));
  g.output('y', mul(g, x, g.scalar(3)));
  const alive = withoutDeadNodes(g.build());
  t.deepEqual([...alive.inputs, ...alive.parameters.keys()], ['x', 'unused', 'w']);
  t.deepEqual([...alive.constants.keys()], ['scalar(3)']);
  t.is(alive.nodes.length, 1);
  t.false(alive.values.has(dead.name));
});

test('what is alive computes what it did', t => {
  const feeds = tinyFeeds(graph);
  t.deepEqual(outputAt(withoutDeadNodes(graph), 'logits', feeds), outputAt(graph, 'logits', feeds));
});
