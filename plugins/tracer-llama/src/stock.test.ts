import type { ModelConfig } from '@secateur/core';
import test from 'ava';
import { readArchitecture } from './architecture.js';
import { ownCode } from './own-code.js';
import { stockConfig } from './stock.js';
import { configOf } from './tensors.test.data.js';

const stock = (family: string, own: ModelConfig) => {
  const config = configOf(family, own);
  return { given: config, ...stockConfig(config, readArchitecture(config)) };
};

test('heads that divide the hidden size, and other families, need nothing', t => {
  for (const [family, heads] of [
    ['Llama', 4],
    ['Mistral', 3],
    ['Qwen2', 3],
    ['Qwen3', 3],
  ] as const) {
    const { given, config, notes } = stock(family, { num_attention_heads: heads, num_key_value_heads: 1 });
    t.is(config, given);
    t.deepEqual(notes, []);
  }
});

test('a LLaMA whose heads do not divide its hidden size is called a Mistral that computes the same', t => {
  const llama = {
    model_type: 'llama',
    num_attention_heads: 3,
    num_key_value_heads: 1,
    rope_scaling: { rope_type: 'linear', factor: 2 },
    sliding_window: 4096,
    layer_types: ['full_attention', 'full_attention'],
    attention_bias: false,
    mlp_bias: false,
  };
  const { given, config, notes } = stock('Llama', llama);
  t.like(config, {
    architectures: ['MistralForCausalLM'],
    model_type: 'mistral',
    sliding_window: null,
    // LLaMA's defaults, which are not Mistral's
    max_position_embeddings: 2048,
    rms_norm_eps: 1e-6,
  });
  for (const key of ['layer_types', 'attention_bias', 'mlp_bias']) t.false(key in config, key);
  t.deepEqual({ ...readArchitecture(config), family: 'LlamaForCausalLM' }, readArchitecture(given));
  t.regex(notes[0]!, /^3 query heads do not divide the hidden size of 16, .* Mistral/);
});

test('with biases there is no such way, which is said', t => {
  for (const bias of ['attention_bias', 'mlp_bias']) {
    const { given, config, notes } = stock('Llama', { num_attention_heads: 6, [bias]: true });
    t.is(config, given);
    t.regex(notes[0]!, /6 query heads do not divide .* transformers 4/);
  }
});

test('what a former export with code of its own has put there goes', t => {
  for (const family of ['Llama', 'Mistral', 'Qwen2', 'Qwen3']) {
    const { config } = stock(family, ownCode(configOf(family)).config);
    t.is(config.model_type, family.toLowerCase());
    t.false('auto_map' in config);
  }
  const foreign = { auto_map: { AutoModelForCausalLM: 'modeling_other.Model' }, model_type: 'other' };
  t.like(stock('Llama', foreign).config, foreign);
});
