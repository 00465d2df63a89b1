import type { ModelConfig, SecateurError } from '@secateur/core';
import test from 'ava';
import { architectures, readArchitecture } from './architecture.js';
import { configOf } from './tensors.test.data.js';

/** Without keys that have defaults. */
const bare = (family: string, own: ModelConfig = {}): ModelConfig => {
  const { head_dim: _, num_key_value_heads: __, ...rest } = configOf(family);
  return { ...rest, ...own };
};

test('what config.json leaves out is as transformers has it', t => {
  const model = readArchitecture(bare('Llama'));
  t.like(model, {
    headDim: 4,
    epsilon: 1e-6,
    maxSequence: 2048,
    tied: false,
    bias: { qkv: false, output: false, mlp: false },
    queryKeyNorm: false,
    windows: [0, 0],
    rope: { theta: 10_000, scaling: undefined },
  });
  t.deepEqual(model.layers[0], { heads: 4, kvHeads: 4, intermediate: 20 });
});

test('null is as good as nothing', t => {
  const nothing = {
    head_dim: null,
    num_key_value_heads: null,
    rope_scaling: null,
    rope_theta: null,
    sliding_window: null,
    layer_types: null,
  };
  t.deepEqual(readArchitecture(bare('Llama', nothing)), readArchitecture(bare('Llama')));
});

test('families differ in biases, norms and the size of a head', t => {
  t.deepEqual(
    architectures.map(name => {
      const { bias, queryKeyNorm, headDim } = readArchitecture(bare(name.replace('ForCausalLM', '')));
      return [name.replace('ForCausalLM', ''), bias.qkv, bias.output, queryKeyNorm, headDim];
    }),
    [
      ['Llama', false, false, false, 4],
      ['Mistral', false, false, false, 4],
      ['Qwen2', true, false, false, 4],
      ['Qwen3', false, false, true, 128],
    ],
  );
});

test('biases are there where config.json asks for them', t => {
  t.deepEqual(readArchitecture(bare('Llama', { attention_bias: true })).bias, {
    qkv: true,
    output: true,
    mlp: false,
  });
  t.true(readArchitecture(bare('Llama', { mlp_bias: true })).bias.mlp);
});

test('a sliding window is what the family makes of it', t => {
  const windows = (family: string, own: ModelConfig): readonly number[] =>
    readArchitecture(configOf(family, { sliding_window: 8, ...own })).windows;
  t.deepEqual(windows('Mistral', {}), [8, 8]);
  t.deepEqual(windows('Llama', {}), [0, 0]);
  // Qwen: only when asked for, and from max_window_layers on
  t.deepEqual(windows('Qwen2', {}), [0, 0]);
  t.deepEqual(windows('Qwen2', { use_sliding_window: false, max_window_layers: 0 }), [0, 0]);
  t.deepEqual(windows('Qwen2', { use_sliding_window: true }), [0, 0]);
  t.deepEqual(windows('Qwen2', { use_sliding_window: true, max_window_layers: 1 }), [0, 8]);
  const types = ['sliding_attention', 'full_attention'];
  t.deepEqual(windows('Qwen3', { use_sliding_window: true, layer_types: types }), [8, 0]);
  t.deepEqual(windows('Qwen3', { layer_types: types }), [0, 0]);
});

test('layers may have sizes of their own', t => {
  const { layers } = readArchitecture(
    configOf('Llama', {
      per_layer_config: { '1': { num_attention_heads: 2, num_key_value_heads: 1, intermediate_size: 7 } },
    }),
  );
  t.deepEqual(layers, [
    { heads: 4, kvHeads: 2, intermediate: 20 },
    { heads: 2, kvHeads: 1, intermediate: 7 },
  ]);
});

test('layers may lack a part, under either name of it', t => {
  const layersOf = (table: ModelConfig) =>
    readArchitecture(configOf('Llama', { per_layer_config: table })).layers;
  const [whole] = layersOf({});
  const absent = { heads: 0, kvHeads: 0 };
  for (const name of ['attention', 'self_attn'])
    t.deepEqual(layersOf({ '1': { skip: [name], intermediate_size: 7 } }), [
      whole,
      { ...absent, intermediate: 7 },
    ]);
  t.deepEqual(layersOf({ '0': { skip: ['mlp'] }, '1': { skip: ['mlp', 'attention'] } }), [
    { ...whole!, intermediate: 0 },
    { ...absent, intermediate: 0 },
  ]);
  t.deepEqual(layersOf({ '0': { skip: [] } })[0], whole);
});

test('the numbers of layers may be padded with zeros, as transformers writes them', t => {
  const config = configOf('Llama', {
    num_hidden_layers: 11,
    per_layer_config: { '01': { intermediate_size: 7 } },
  });
  t.is(readArchitecture(config).layers[1]!.intermediate, 7);
});

test('RoPE is read in the form of transformers 4 and 5', t => {
  const rope = (own: ModelConfig) => readArchitecture(configOf('Llama', own)).rope;
  const llama3 = {
    factor: 8,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 8192,
    rope_type: 'llama3',
  };
  const scaling = { type: 'llama3', factor: 8, low: 1, high: 4, original: 8192 } as const;
  t.deepEqual(rope({ rope_theta: 5e5, rope_scaling: llama3 }), { theta: 5e5, scaling });
  t.deepEqual(rope({ rope_parameters: { rope_theta: 5e5, ...llama3 } }), { theta: 5e5, scaling });
  t.deepEqual(rope({ rope_scaling: { type: 'linear', factor: 2 } }).scaling, { type: 'linear', factor: 2 });
  t.deepEqual(rope({ rope_parameters: { rope_type: 'default', rope_theta: 7 } }), {
    theta: 7,
    scaling: undefined,
  });
});

test('a family that is not known is refused, with those that are', t => {
  for (const names of [['GPT2LMHeadModel'], ['toString'], [], undefined]) {
    const error = t.throws(() =>
      readArchitecture({ ...configOf('Llama'), architectures: names }),
    ) as unknown as SecateurError;
    t.is(error.code, 'E_MODEL_ARCHITECTURE');
    t.true(error.message.includes(names?.[0] ?? '(none)'));
    t.true(error.message.includes('LlamaForCausalLM'));
  }
});

test('values that cannot be used are refused, each with what is wrong', t => {
  const refused = (own: ModelConfig, without?: string): string => {
    const config = Object.fromEntries(
      Object.entries(configOf('Llama', own)).filter(([key]) => key !== without),
    );
    const error = t.throws(() => readArchitecture(config)) as unknown as SecateurError;
    t.is(error.code, 'E_MODEL_CONFIG');
    return error.message;
  };
  t.regex(refused({}, 'hidden_size'), /hidden_size is missing, expected a number/);
  t.regex(refused({ num_hidden_layers: 1.5 }), /num_hidden_layers = 1\.5, expected a whole number/);
  t.regex(
    refused({ num_hidden_layers: 1e9 }),
    /num_hidden_layers = 1000000000, expected a number at most 10000/,
  );
  t.regex(refused({ vocab_size: '13' }), /vocab_size = "13", expected a number/);
  t.regex(refused({ head_dim: 2 ** 40 }), /head_dim is 1099511627776, expected at most 65536/);
  t.regex(refused({ hidden_act: 'gelu' }), /hidden_act is "gelu", expected "silu"/);
  t.regex(refused({ head_dim: 5 }), /head_dim is 5, RoPE needs an even number/);
  t.regex(
    refused({ head_dim: null, num_attention_heads: 3 }),
    /16 is not a multiple of num_attention_heads 3/,
  );
  t.regex(refused({ num_key_value_heads: 3 }), /layer 0 has 4 query heads on 3 KV heads/);
  t.regex(
    refused({ per_layer_config: { '1': { num_key_value_heads: 3 } } }),
    /layer 1 has 4 query heads on 3/,
  );
  t.regex(refused({ rope_scaling: { rope_type: 'yarn', factor: 4 } }), /"yarn" is not supported/);
  t.regex(
    refused({ rope_scaling: { rope_type: 'llama3', factor: 4 } }),
    /lacks the number "low_freq_factor"/,
  );
  t.regex(
    refused({ rope_scaling: { type: 'linear', factor: 0 } }),
    /factor of RoPE is 0, expected .* more than 0/,
  );
  t.regex(refused({ rope_parameters: { rope_theta: -5 } }), /rope_theta of RoPE is -5/);
  const flat = { factor: 8, low_freq_factor: 4, high_freq_factor: 4, original_max_position_embeddings: 64 };
  t.regex(
    refused({ rope_scaling: { rope_type: 'llama3', ...flat } }),
    /is 4, expected less than high_freq_factor/,
  );
  t.regex(refused({ per_layer_config: { '2': {} } }), /entry "2", expected layers from 0 to 1/);
  t.regex(refused({ per_layer_config: { '1': {}, '01': {} } }), /per_layer_config names layer 1 twice/);
  t.regex(refused({ per_layer_config: { '1': { skip: ['norm'] } } }), /skip\[0\] = "norm"/);
  t.regex(
    refused({ layer_types: ['full_attention'] }),
    /layer_types has 1 entries, expected one for each of 2/,
  );
  t.regex(
    refused({ layer_types: ['full_attention', 'chunked_attention'] }),
    /layer_types\[1\] = "chunked_attention"/,
  );
});
