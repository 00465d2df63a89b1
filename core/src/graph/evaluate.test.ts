import test from 'ava';
import { GraphBuilder } from './builder.js';
import { evaluate } from './evaluate.js';
import { flopsByPath, flopsOf } from './flops.js';
import { add } from './ops/add.js';
import { linear } from './ops/linear.js';
import { neg } from './ops/neg.js';
import { rmsNorm } from './ops/rms-norm.js';
import { withoutDeadNodes } from './prune-dead.js';

/** y = x Wᵀ + 1, then its norm. */
const small = (): GraphBuilder => {
  const g = new GraphBuilder();
  const x = g.input('x', [2, 2]);
  const w = g.parameter('w', [3, 2]);
  const y = add(
    g,
    g.at('proj', () => linear(g, x, w)),
    g.scalar(1),
  );
  g.output('y', y);
  g.output(
    'normed',
    g.at('norm', () => rmsNorm(g, y, g.parameter('scale', [3]), { epsilon: 0 })),
  );
  return g;
};
const feeds = {
  x: { shape: [2, 2], data: Float64Array.of(1, 2, 3, 4) },
  w: { shape: [3, 2], data: Float64Array.of(1, 0, 0, 1, 1, 1) },
  scale: { shape: [3], data: Float64Array.of(1, 1, 1) },
};

test('every tensor comes back under its own name, those of composites too', t => {
  const tensors = evaluate(small().build(), feeds);
  t.deepEqual(tensors.get('proj/Linear'), { shape: [2, 3], data: Float64Array.of(1, 2, 3, 3, 4, 7) });
  t.deepEqual(tensors.get('Add'), { shape: [2, 3], data: Float64Array.of(2, 3, 4, 4, 5, 8) });
  t.deepEqual(tensors.get('norm/RmsNorm:1')!.shape, [2, 1]);
  for (const name of small().build().values.keys()) t.true(tensors.has(name), name);
});

test('a feed that is missing or misshapen throws', t => {
  const { x, ...rest } = feeds;
  const graph = small().build();
  t.throws(() => evaluate(graph, rest), { message: '"x" is not fed' });
  t.throws(() => evaluate(graph, { ...rest, x: { ...x, shape: [4] } }), { message: /expected \[2,2\]/ });
  t.throws(() => evaluate(graph, { ...rest, x: { ...x, data: x.data.subarray(1) } }), {
    message: /3 elements/,
  });
});

test('dead nodes and constants go; inputs, parameters and what outputs need stay', t => {
  const g = small();
  const x = g.input('unused', [2]);
  neg(g, neg(g, add(g, x, g.scalar(7))));
  const graph = g.build();
  const pruned = withoutDeadNodes(graph);
  t.deepEqual(
    pruned.nodes.map(({ op }) => op),
    ['Linear', 'Add', 'RmsNorm'],
  );
  t.deepEqual([...pruned.constants.keys()], ['scalar(1)']);
  t.deepEqual(pruned.inputs, ['x', 'unused']);
  t.deepEqual(pruned.parameters, graph.parameters);
  t.deepEqual([...pruned.values.keys()].sort(), [
    'Add',
    'norm/RmsNorm',
    'norm/RmsNorm:1',
    'proj/Linear',
    'scalar(1)',
    'scale',
    'unused',
    'w',
    'x',
  ]);
});

test('FLOPs are summed over the graph and by module path', t => {
  const graph = small().build();
  const byPath = flopsByPath(graph);
  t.deepEqual(
    [...byPath],
    [
      ['proj', 2 * 2 * 3 * 2],
      ['', 6],
      ['norm', 4 * 6 + 4 * 2],
    ],
  );
  t.is(flopsOf(graph), 24 + 6 + 32);
});
