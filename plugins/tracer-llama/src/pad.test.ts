import type { ModelConfig, SecateurError } from '@secateur/core';
import test from 'ava';
import { readArchitecture } from './architecture.js';
import { padModel } from './pad.js';
import { withLayerShapes } from './resize.js';
import { configOf, type Extras, type Sizes, shapesOf, tensorsOf } from './tensors.test.data.js';
import { traceDecoder } from './trace.js';

/** A model of such layers, padded; the result describes its own tensors. */
const padded = (
  t: { deepEqual(a: unknown, b: unknown): unknown },
  layers: readonly Sizes[],
  extras: Extras = {},
  family = 'Llama',
  own: ModelConfig = {},
) => {
  const config = withLayerShapes(configOf(family, own), 6, layers);
  const found = padModel(config, shapesOf(layers, extras));
  const shapes = new Map(found.tensors.map(({ name, shape }) => [name, shape]));
  const { parameters } = traceDecoder(found.config, tensorsOf(shapes), { batch: 1, sequence: 2 });
  t.deepEqual([...parameters.keys()].sort(), [...shapes.keys()].sort());
  const axes = (name: string) => found.tensors.find(tensor => tensor.name === `model.layers.${name}`)!.axes;
  return { ...found, axes };
};

/** Elements of heads of 6. */
const elements = (...heads: number[]): number[] =>
  heads.flatMap(head => Array.from({ length: 6 }, (_, i) => 6 * head + i));

test('KV heads keep their number, query heads move with their KV head, channels stay in front', t => {
  const { config, axes, notes } = padded(t, [
    { heads: 6, kvHeads: 3, intermediate: 4 },
    { heads: 6, kvHeads: 2, intermediate: 20 },
  ]);
  t.like(config, { num_attention_heads: 9, num_key_value_heads: 3, intermediate_size: 20, head_dim: 6 });
  t.false('per_layer_config' in config);
  // 2 queries per KV head become 3
  t.deepEqual(axes('0.self_attn.q_proj.weight'), [elements(0, 1, 3, 4, 6, 7), undefined]);
  t.deepEqual(axes('0.self_attn.o_proj.weight'), [undefined, elements(0, 1, 3, 4, 6, 7)]);
  t.deepEqual(axes('0.self_attn.k_proj.weight'), [undefined, undefined]);
  t.deepEqual(axes('1.self_attn.q_proj.weight'), [elements(0, 1, 2, 3, 4, 5), undefined]);
  t.deepEqual(axes('1.self_attn.v_proj.weight'), [elements(0, 1), undefined]);
  t.deepEqual(axes('0.mlp.up_proj.weight'), [[0, 1, 2, 3], undefined]);
  t.deepEqual(axes('0.mlp.down_proj.weight'), [undefined, [0, 1, 2, 3]]);
  t.deepEqual(axes('1.mlp.down_proj.weight'), [undefined, undefined]);
  t.deepEqual(axes('0.input_layernorm.weight'), [undefined]);
  t.regex(notes[0]!, /padded to 9 query heads, 3 KV heads and 20 channels: \d+\.\d % .* zeros/);
});

test('biases and norms of heads follow', t => {
  const layers = [
    { heads: 2, kvHeads: 1, intermediate: 4 },
    { heads: 4, kvHeads: 2, intermediate: 20 },
  ];
  const all = { qkvBias: true, outputBias: true, mlpBias: true };
  const { axes } = padded(t, layers, all, 'Llama', { attention_bias: true, mlp_bias: true });
  t.deepEqual(axes('0.self_attn.q_proj.bias'), [elements(0, 1)]);
  t.deepEqual(axes('0.self_attn.k_proj.bias'), [elements(0)]);
  t.deepEqual(axes('0.self_attn.o_proj.bias'), [undefined]);
  t.deepEqual(axes('0.mlp.gate_proj.bias'), [[0, 1, 2, 3]]);
  t.deepEqual(axes('0.mlp.down_proj.bias'), [undefined]);
  padded(t, layers, { queryKeyNorm: true }, 'Qwen3');
  padded(t, layers, { qkvBias: true, tied: true }, 'Qwen2', { tie_word_embeddings: true });
});

test('a part that a layer lacks becomes one of zeros', t => {
  const { tensors, config } = padded(
    t,
    [
      { heads: 0, kvHeads: 0, intermediate: 8 },
      { heads: 4, kvHeads: 2, intermediate: 0 },
    ],
    { qkvBias: true },
    'Qwen2',
  );
  t.deepEqual(
    tensors.flatMap(({ name, axes }) => (axes === undefined ? [name.replace('model.layers.', '')] : [])),
    [
      '0.input_layernorm.weight',
      '0.self_attn.q_proj.weight',
      '0.self_attn.q_proj.bias',
      '0.self_attn.k_proj.weight',
      '0.self_attn.k_proj.bias',
      '0.self_attn.v_proj.weight',
      '0.self_attn.v_proj.bias',
      '0.self_attn.o_proj.weight',
      '1.post_attention_layernorm.weight',
      '1.mlp.gate_proj.weight',
      '1.mlp.up_proj.weight',
      '1.mlp.down_proj.weight',
    ],
  );
  t.deepEqual(readArchitecture(config).layers, Array(2).fill({ heads: 4, kvHeads: 2, intermediate: 8 }));
});

test('layers that are alike stay as they are', t => {
  const layer = { heads: 4, kvHeads: 2, intermediate: 9 };
  const { config, tensors, notes } = padded(t, [layer, layer]);
  t.true(tensors.every(({ axes }) => axes!.every(map => map === undefined)));
  t.deepEqual(notes, []);
  t.deepEqual(config, withLayerShapes(configOf('Llama'), 6, [layer, layer]));
});

test('a model without any attention, or without any MLP, has no padded form', t => {
  for (const [layer, what] of [
    [{ heads: 0, kvHeads: 0, intermediate: 9 }, /has attention/],
    [{ heads: 4, kvHeads: 2, intermediate: 0 }, /has an MLP/],
  ] as const) {
    const config = withLayerShapes(configOf('Llama'), 6, [layer, layer]);
    const error = t.throws(() => padModel(config, shapesOf([layer, layer]))) as unknown as SecateurError;
    t.is(error.code, 'E_EXPORT');
    t.regex(error.message, what);
  }
});
