import type { ModelConfig, SecateurError } from '@secateur/core';
import test from 'ava';
import { readArchitecture } from './architecture.js';
import { resizeConfig } from './resize.js';
import { configOf, type Extras, type Sizes, shapesOf, tensorsOf } from './tensors.test.data.js';
import { traceDecoder } from './trace.js';

/** The config for these layers, after it proved to describe them. */
const resized = (
  t: { deepEqual(a: unknown, b: unknown): unknown },
  config: ModelConfig,
  layers: readonly Sizes[],
  extras: Extras = {},
): ModelConfig => {
  const shapes = shapesOf(layers, extras);
  const found = resizeConfig(config, shapes);
  t.deepEqual(readArchitecture(found).layers, layers);
  const { parameters } = traceDecoder(found, tensorsOf(shapes), { batch: 1, sequence: 2 });
  t.deepEqual([...parameters.keys()].sort(), [...shapes.keys()].sort());
  return found;
};

test('layers that agree are said by the global keys alone', t => {
  const layer = { heads: 2, kvHeads: 1, intermediate: 9 };
  const found = resized(t, configOf('Llama', { extra: 'kept' }), [layer, layer]);
  t.like(found, {
    num_attention_heads: 2,
    num_key_value_heads: 1,
    intermediate_size: 9,
    head_dim: 6,
    hidden_size: 16,
    extra: 'kept',
  });
  t.false('per_layer_config' in found);
});

test('layers that differ are said by a sparse table, the largest by the global keys', t => {
  const found = resized(t, configOf('Llama'), [
    { heads: 4, kvHeads: 2, intermediate: 9 },
    { heads: 2, kvHeads: 1, intermediate: 20 },
  ]);
  t.deepEqual(found.per_layer_config, {
    '0': { intermediate_size: 9 },
    '1': { num_attention_heads: 2, num_key_value_heads: 1 },
  });
  t.like(found, { num_attention_heads: 4, num_key_value_heads: 2, intermediate_size: 20 });
});

test('heads that were removed within groups, and in every family', t => {
  for (const [family, extras] of [
    ['Mistral', {}],
    ['Qwen2', { qkvBias: true, tied: true }],
    ['Qwen3', { queryKeyNorm: true }],
  ] as const) {
    const config = configOf(family, { tie_word_embeddings: family === 'Qwen2' });
    resized(
      t,
      config,
      [
        { heads: 2, kvHeads: 2, intermediate: 20 },
        { heads: 4, kvHeads: 2, intermediate: 1 },
      ],
      extras,
    );
  }
});

test('the head size is written down, since it no longer follows from the others', t => {
  const { head_dim: _, ...config } = configOf('Llama');
  const found = resized(t, config, Array(2).fill({ heads: 1, kvHeads: 1, intermediate: 20 }), { headDim: 4 });
  t.is(found.head_dim, 4);
});

test('a part that a layer lacked is lacking still', t => {
  const table = { '0': { skip: ['self_attn'] }, '1': { skip: ['mlp'] } };
  const found = resized(t, configOf('Llama', { per_layer_config: table }), [
    { heads: 0, kvHeads: 0, intermediate: 9 },
    { heads: 2, kvHeads: 1, intermediate: 0 },
  ]);
  t.deepEqual(found.per_layer_config, { '0': { skip: ['attention'] }, '1': { skip: ['mlp'] } });
  t.like(found, { num_attention_heads: 2, num_key_value_heads: 1, intermediate_size: 9 });
});

test('the global keys still say something where every layer lacks a part', t => {
  const table = { '0': { skip: ['mlp'] }, '1': { skip: ['mlp', 'attention'] } };
  const found = resized(t, configOf('Llama', { per_layer_config: table }), [
    { heads: 2, kvHeads: 1, intermediate: 0 },
    { heads: 0, kvHeads: 0, intermediate: 0 },
  ]);
  t.deepEqual(found.per_layer_config, { '0': { skip: ['mlp'] }, '1': { skip: ['attention', 'mlp'] } });
  t.like(found, { num_attention_heads: 2, num_key_value_heads: 1 });
});

test('a model that was cut before is cut again', t => {
  const once = resized(t, configOf('Llama'), [
    { heads: 4, kvHeads: 2, intermediate: 9 },
    { heads: 2, kvHeads: 1, intermediate: 20 },
  ]);
  const twice = resized(t, once, [
    { heads: 2, kvHeads: 1, intermediate: 9 },
    { heads: 2, kvHeads: 1, intermediate: 9 },
  ]);
  t.false('per_layer_config' in twice);
});

test('the input is not changed', t => {
  const config = configOf('Llama');
  const before = structuredClone(config);
  resized(t, config, Array(2).fill({ heads: 2, kvHeads: 1, intermediate: 3 }));
  t.deepEqual(config, before);
});

test('a part of a head cannot be said', t => {
  const shapes = shapesOf(Array(2).fill({ heads: 4, kvHeads: 2, intermediate: 20 }));
  shapes.set('model.layers.1.self_attn.k_proj.weight', [11, 16]);
  const error = t.throws(() => resizeConfig(configOf('Llama'), shapes)) as unknown as SecateurError;
  t.is(error.code, 'E_MODEL_CONFIG');
  t.regex(error.message, /layer 1 keeps 11 rows of q or k, not a multiple of head_dim 6/);
});
