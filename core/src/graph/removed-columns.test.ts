import test from 'ava';
import { openTinyModel } from '../testing/tiny-model.js';
import { removedColumns } from './removed-columns.js';

test('columns of one weight are those of all groups that it reads', async t => {
  const { groups } = await openTinyModel({ layers: [{ kvHeads: 2, queries: 2, channels: 6 }], headDim: 2 });
  const idOf = (kind: string): string => groups.find(group => group.kind === kind)!.id;
  const removed = new Map([
    [idOf('channel'), [1, 4]],
    [idOf('kv-head'), [1]],
    [idOf('query-head'), [0]],
  ]);
  const read = groups.filter(({ id }) => removed.has(id));
  // Query head j of KV head g has the columns of head 2 g + j.
  t.deepEqual(
    removedColumns(read, removed),
    new Map([
      ['model.layers.0.self_attn.o_proj.weight', new Set([4, 5, 6, 7, 0, 1])],
      ['model.layers.0.mlp.down_proj.weight', new Set([1, 4])],
    ]),
  );
});
