import type { ModelConfig } from '@secateur/core';
import test from 'ava';
import { readArchitecture } from './architecture.js';
import { keepLayers } from './kept-layers.js';
import { configOf } from './tensors.test.data.js';

/** The config of the kept layers, after each of them proved to be what it was. */
const kept = (
  t: { deepEqual(a: unknown, b: unknown, message: string): unknown },
  family: string,
  own: ModelConfig,
  layers: readonly number[],
): ModelConfig => {
  const config = configOf(family, { num_hidden_layers: 5, ...own });
  const found = keepLayers(config, layers);
  const [before, after] = [readArchitecture(config), readArchitecture(found)];
  t.deepEqual(
    after.layers,
    layers.map(layer => before.layers[layer]!),
    'sizes',
  );
  t.deepEqual(
    after.windows,
    layers.map(layer => before.windows[layer]!),
    'windows',
  );
  return found;
};

const window = { use_sliding_window: true, sliding_window: 8 };

test('sizes by layer get new numbers', t => {
  const table = { '0': { intermediate_size: 7 }, '03': { skip: ['mlp'] }, '4': { num_attention_heads: 2 } };
  const found = kept(t, 'Llama', { per_layer_config: table }, [1, 3, 4]);
  t.deepEqual(found.per_layer_config, { '1': { skip: ['mlp'] }, '2': { num_attention_heads: 2 } });
  t.is(found.num_hidden_layers, 3);
});

test('windows stay with their layers, whichever way they are said', t => {
  const types = [
    'sliding_attention',
    'full_attention',
    'sliding_attention',
    'full_attention',
    'full_attention',
  ];
  t.deepEqual(kept(t, 'Qwen3', { ...window, layer_types: types }, [0, 3]).layer_types, [
    'sliding_attention',
    'full_attention',
  ]);
  t.is(kept(t, 'Qwen2', { ...window, max_window_layers: 3 }, [0, 2, 3, 4]).max_window_layers, 2);
  t.is(kept(t, 'Qwen2', { ...window, max_window_layers: 1 }, [3, 4]).max_window_layers, 0);
  // 28, where config.json does not say
  t.is(kept(t, 'Qwen2', { ...window, num_hidden_layers: 30 }, [27, 28, 29]).max_window_layers, 1);
  kept(t, 'Mistral', { sliding_window: 8 }, [2]);
});

test('what says nothing of layers stays, and all layers are none the less', t => {
  const config = configOf('Llama', { extra: 'kept', per_layer_config: null });
  t.deepEqual(keepLayers(config, [0, 1]), config);
});

test('a choice that is none is a mistake', t => {
  for (const layers of [[1, 0], [0, 0], [2], [-1], [0.5]])
    t.throws(() => keepLayers(configOf('Llama'), layers), { message: /no ascending choice of 2/ });
});
