import { couple } from '@secateur/core/graph';
import test from 'ava';
import { distance } from './models.js';
import { type NodeBench, runBoth } from './node-bench.js';

const [heads, kvHeads, depth] = [4, 2, 16];

const project = (b: NodeBench, name: string, size: number): string =>
  b.node('MatMul', ['x', b.weight(name, [4, size * depth])]);

/** cos and sin, [8, D/2]. */
const tables = (b: NodeBench): [string, string] => {
  const table = (wave: (x: number) => number): string =>
    b.floats(
      Array.from({ length: 8 * (depth / 2) }, (_, at) =>
        wave(Math.floor(at / (depth / 2)) * 50 ** (-(at % (depth / 2)) / (depth / 2))),
      ),
      [8, depth / 2],
    );
  return [table(Math.cos), table(Math.sin)];
};

const output = (b: NodeBench, mixed: string): string =>
  b.node('MatMul', [mixed, b.weight('o', [heads * depth, 3])]);

const causal = (b: NodeBench, extents: readonly number[]): string =>
  b.floats([0, -1e4, -1e4, 0, 0, -1e4, 0, 0, 0], extents);

const cases: Readonly<Record<string, readonly [opset: number, make: (b: NodeBench) => string]>> = {
  'GroupQueryAttention, rotated': [
    18,
    b => {
      const qkv = [project(b, 'q', heads), project(b, 'k', kvHeads), project(b, 'v', kvHeads)];
      const lengths = [b.lengths([2, 2]), b.lengths([3], [])];
      const attributes = { num_heads: { int: heads }, kv_num_heads: { int: kvHeads }, do_rotary: { int: 1 } };
      const inputs = [...qkv, '', '', ...lengths, ...tables(b)];
      return output(b, b.nodes('GroupQueryAttention', 3, inputs, attributes, 'com.microsoft')[0]!);
    },
  ],
  'GroupQueryAttention, packed, with a window and a scale': [
    18,
    b => {
      const qkv = project(b, 'qkv', heads + 2 * kvHeads);
      const lengths = [b.lengths([2, 2]), b.lengths([3], [])];
      const attributes = {
        num_heads: { int: heads },
        kv_num_heads: { int: kvHeads },
        local_window_size: { int: 2 },
        scale: { float: 0.4 },
      };
      const inputs = [qkv, '', '', '', '', ...lengths];
      return output(b, b.nodes('GroupQueryAttention', 3, inputs, attributes, 'com.microsoft')[0]!);
    },
  ],
  'MultiHeadAttention with a bias of scores': [
    18,
    b => {
      const inputs = [project(b, 'q', heads), project(b, 'k', heads), project(b, 'v', heads), '', ''];
      const attributes = { num_heads: { int: heads } };
      const mask = b.node('Mul', [causal(b, [1, 1, 3, 3]), b.cast(b.node('Size', [b.ints([0])]), 'float')]);
      return output(b, b.node('MultiHeadAttention', [...inputs, mask], attributes, 'com.microsoft'));
    },
  ],
  'RotaryEmbedding of onnxruntime, on tokens and on heads': [
    18,
    b => {
      const [cos, sin] = tables(b);
      const places = b.ints([2, 3, 4, 2, 3, 4], [2, 3]);
      const flat = b.node('RotaryEmbedding', [project(b, 'q', heads), places, cos, sin], {}, 'com.microsoft');
      const open = b.node('Reshape', [flat, b.ints([0, 0, heads, depth])]);
      const byHead = b.node('Transpose', [open], { perm: { ints: [0, 2, 1, 3] } });
      return b.node('RotaryEmbedding', [byHead, b.ints([1]), cos, sin], {}, 'com.microsoft');
    },
  ],
  'Attention of ONNX on tokens, causal': [
    23,
    b => {
      const qkv = [project(b, 'q', heads), project(b, 'k', kvHeads), project(b, 'v', kvHeads)];
      const attributes = {
        q_num_heads: { int: heads },
        kv_num_heads: { int: kvHeads },
        is_causal: { int: 1 },
      };
      return output(b, b.node('Attention', qkv, attributes));
    },
  ],
  'Attention of ONNX on heads, with a mask': [
    23,
    b => {
      const open = (name: string): string => {
        const x = b.node('Reshape', [project(b, name, heads), b.ints([0, 0, heads, depth])]);
        return b.node('Transpose', [x], { perm: { ints: [0, 2, 1, 3] } });
      };
      const mask = b.bools([1, 0, 0, 1, 1, 0, 1, 1, 1], [3, 3]);
      return b.node('Attention', [open('q'), open('k'), open('v'), mask], { scale: { float: 0.3 } });
    },
  ],
  'RotaryEmbedding and RMSNormalization of ONNX': [
    23,
    b => {
      const [cos, sin] = tables(b);
      const x = b.node('RMSNormalization', [project(b, 'q', heads), b.weight('norm', [heads * depth])]);
      const places = b.ints([2, 3, 4, 2, 3, 4], [2, 3]);
      return b.node('RotaryEmbedding', [x, cos, sin, places], { num_heads: { int: heads } });
    },
  ],
};

for (const [title, [opset, make]] of Object.entries(cases))
  test(title, async t => {
    const { ours, theirs } = await runBoth(t, make, opset);
    t.true(theirs.every(Number.isFinite));
    t.true(distance(ours, theirs) <= 2e-5, `${distance(ours, theirs)}`);
  });

test('heads of a fused attention are found', async t => {
  const { graph } = await runBoth(t, cases['GroupQueryAttention, rotated']![1]);
  t.deepEqual(
    couple(graph)
      .groups.filter(({ kind }) => kind === 'kv-head' || kind === 'query-head')
      .map(({ kind, units, unitCost }) => [kind, units, unitCost]),
    [
      ['kv-head', kvHeads, depth * (4 * 4 + 2 * 3)],
      ['query-head', heads / kvHeads, depth * 2 * (4 + 3)],
    ],
  );
});
