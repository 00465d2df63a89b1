import { add, type Graph, GraphBuilder, gather, mul, reshape, sizeOf } from '@secateur/core/graph';
import test from 'ava';
import { dynamicGraph, probes } from './dynamic-graph.js';
import { isLowered } from './lower/index.js';
import { lowerGraph } from './lower-graph.js';

const ref = (shape: readonly number[]) =>
  ({ file: 'weights', offset: 0, byteLength: 4 * sizeOf(shape), dtype: 'F32', shape }) as const;

/** An embedding as a model, with something done to its rows [batch · sequence, 4]. */
const embedding = (
  change: (g: GraphBuilder, x: ReturnType<typeof gather>, sequence: number) => ReturnType<typeof gather>,
) => {
  const trace = ({ batch, sequence }: { batch: number; sequence: number }): Graph => {
    const g = new GraphBuilder();
    const table = g.parameter('table', [9, 4], { ref: ref([9, 4]) });
    const x = gather(g, table, g.input('input_ids', [batch, sequence], 'int64'));
    g.output('logits', reshape(g, change(g, x, sequence), [batch * sequence, 4]));
    return g.build();
  };
  const dynamic = dynamicGraph([trace(probes[0]), trace(probes[1])], isLowered);
  return lowerGraph(dynamic, trace({ batch: 1, sequence: 16 }), 'f32');
};

test('a model without attention has no cache, and its weight is to be written', t => {
  const { kvHeads, tensors } = embedding((g, x) => mul(g, x, g.scalar(2)));
  t.deepEqual(kvHeads, []);
  t.deepEqual(
    tensors.map(({ name, byteLength }) => [name, byteLength]),
    [['table', 144]],
  );
});

test('a constant that grows with the text and is no table of positions is refused', t => {
  const positions = (g: GraphBuilder, x: ReturnType<typeof gather>, sequence: number) =>
    add(
      g,
      x,
      g.constant('bias', [sequence, 1], () => new Float64Array(sequence)),
    );
  t.throws(() => embedding(positions), { code: 'E_EXPORT', message: /"bias" grows with the length/ });
});

test('a weight that lies in no file is refused', t => {
  const loose = (g: GraphBuilder, x: ReturnType<typeof gather>) => mul(g, x, g.parameter('gain', [4]));
  t.throws(() => embedding(loose), { code: 'E_EXPORT', message: /gain lies in no file/ });
});

test('a constant whose values depend on the text is refused', t => {
  const length = (g: GraphBuilder, x: ReturnType<typeof gather>, sequence: number) =>
    mul(
      g,
      x,
      g.constant('length', [1], () => Float64Array.of(sequence)),
    );
  t.throws(() => embedding(length), { code: 'E_EXPORT', message: /"length" depends on the length/ });
});
