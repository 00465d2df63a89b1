import test from 'ava';
import { GraphBuilder } from './builder.js';
import { add } from './ops/add.js';
import { after } from './ops/after.js';
import { gather } from './ops/gather.js';
import { linear } from './ops/linear.js';
import { reshape } from './ops/reshape.js';
import { plannedBytes } from './planned-bytes.js';

test('a tensor lives from the node that makes it to its last reader', t => {
  const g = new GraphBuilder();
  const x = g.input('x', [10]);
  const a = add(g, x, x); // a
  const b = add(g, a, a); // a b
  const c = add(g, b, b); // b c
  const d = add(g, c, b); // b c d
  g.output('y', add(g, d, d)); // d y
  t.deepEqual(plannedBytes(g.build()), { activations: 3 * 40, weights: 0 });
});

test('an output lives to the end, and a tensor that nobody reads as long as its node runs', t => {
  const g = new GraphBuilder();
  const x = g.input('x', [10]);
  g.output('early', add(g, x, x));
  add(g, x, x);
  add(g, x, x);
  g.output('y', add(g, x, x));
  t.is(plannedBytes(g.build()).activations, 2 * 40);
});

test('a view has no bytes of its own and keeps what it views', t => {
  const g = new GraphBuilder();
  const a = add(g, g.input('x', [10]), g.scalar(1)); // a
  const view = reshape(g, after(g, a, g.scalar(1)), [5, 2]);
  const b = add(g, g.input('z', [30]), g.scalar(1)); // a b
  g.output('y', add(g, view, reshape(g, b, [3, 5, 2]))); // a b y
  t.is(plannedBytes(g.build()).activations, 40 + 120 + 120);
});

test('weights in files count in their own type, fed ones in float32, ids eight bytes', t => {
  const g = new GraphBuilder();
  const ref = { file: '/weights', offset: 0, byteLength: 12, dtype: 'BF16', shape: [2, 3] } as const;
  const table = g.parameter('half', [2, 3], { ref });
  const rows = gather(g, table, g.input('ids', [4], 'int64'));
  g.output('y', linear(g, rows, g.parameter('fed', [5, 3])));
  t.deepEqual(plannedBytes(g.build()), { activations: 4 * (12 + 20), weights: 12 + 60 });
});
