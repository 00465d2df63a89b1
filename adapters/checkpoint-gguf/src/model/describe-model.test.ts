import type { ModelConfig } from '@secateur/core';
import { throwsCode } from '@secateur/core/testing';
import test, { type ExecutionContext } from 'ava';
import { ggufBytes, type TensorToWrite, type Typed, writeBytes } from '../fixtures.test.data.js';
import { openGguf } from '../reader/open-gguf.js';
import { tinyModel } from '../tiny-models.test.data.js';
import { describeModel } from './describe-model.js';

const describe = async (t: ExecutionContext, ...model: Parameters<typeof tinyModel>) =>
  describeModel(await openGguf(await writeBytes(t, ggufBytes(tinyModel(...model)))));

const sizes = {
  hidden_size: 32,
  intermediate_size: 64,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 8,
  vocab_size: 8,
  max_position_embeddings: 64,
  rms_norm_eps: 1e-5,
  rope_theta: 10_000,
  hidden_act: 'silu',
  tie_word_embeddings: true,
  eos_token_id: 6,
};

const norms = Object.fromEntries(
  [0, 1].flatMap(i => ['q', 'k'].map(x => [`blk.${i}.attn_${x}_norm.weight`, { extents: [8] }])),
);
const families: readonly (readonly [string, Record<string, TensorToWrite>, ModelConfig])[] = [
  ['llama', {}, { architectures: ['LlamaForCausalLM'], attention_bias: false, mlp_bias: false }],
  ['deci', {}, { architectures: ['LlamaForCausalLM'], attention_bias: false, mlp_bias: false }],
  ['qwen2', {}, { architectures: ['Qwen2ForCausalLM'] }],
  ['qwen3', norms, { architectures: ['Qwen3ForCausalLM'], attention_bias: false }],
];

for (const [architecture, tensors, own] of families)
  test(`${architecture}: sizes, family and a place for every tensor`, async t => {
    const { config, layout, documents } = await describe(t, architecture, undefined, { tensors });
    t.like(config, { ...sizes, ...own });
    t.false('per_layer_config' in config);
    t.deepEqual(Object.keys(documents), ['tokenizer.json', 'tokenizer_config.json']);
    const names = layout.map(({ name }) => name);
    t.true(names.includes('model.layers.1.mlp.down_proj.weight') && !names.includes('lm_head.weight'));
    t.is(names.includes('model.layers.0.self_attn.k_norm.weight'), architecture === 'qwen3');
    t.is(names.includes('model.layers.0.self_attn.v_proj.bias'), architecture === 'qwen2');
    t.is(names.includes('model.layers.0.self_attn.o_proj.bias'), false);
    const permuted = layout.filter(({ pairs }) => pairs === 8).map(({ name }) => name.split('.')[4]);
    t.deepEqual([...new Set(permuted)], ['llama', 'deci'].includes(architecture) ? ['q_proj', 'k_proj'] : []);
  });

test('layers of different sizes, without attention or MLP, are said per layer', async t => {
  const layers = [
    [4, 2, 64],
    [2, 1, 96],
    [0, 0, 64],
    [4, 4, 0],
    [0, 0, 0],
  ] as const;
  const { config, layout } = await describe(t, 'deci', layers);
  t.like(config, { num_attention_heads: 4, num_key_value_heads: 4, intermediate_size: 96 });
  t.deepEqual(config.per_layer_config, {
    0: { num_key_value_heads: 2, intermediate_size: 64 },
    1: { num_attention_heads: 2, num_key_value_heads: 1 },
    2: { intermediate_size: 64, skip: ['self_attn'] },
    3: { skip: ['mlp'] },
    4: { skip: ['self_attn', 'mlp'] },
  });
  const inLayer = (i: number) => layout.filter(({ name }) => name.startsWith(`model.layers.${i}.`)).length;
  t.deepEqual([0, 1, 2, 3, 4].map(inLayer), [9, 9, 4, 5, 0]);
});

test('one bias of a switch brings its partners, of zeros', async t => {
  const tensors = { 'blk.1.attn_output.bias': { extents: [32] }, 'blk.0.ffn_down.bias': { extents: [32] } };
  const { config, layout } = await describe(t, 'deci', undefined, { tensors });
  t.like(config, { attention_bias: true, mlp_bias: true });
  const biases = layout.filter(({ name }) => name.endsWith('.bias'));
  t.is(biases.length, 2 * 7);
  t.deepEqual(
    biases.filter(({ source }) => source).map(({ name }) => name),
    ['model.layers.0.mlp.down_proj.bias', 'model.layers.1.self_attn.o_proj.bias'],
  );
});

test('what ends a turn is one of several ends', async t => {
  const metadata = { 'tokenizer.ggml.eot_token_id': ['u32', 7] } as const;
  t.deepEqual((await describe(t, 'llama', undefined, { metadata })).config.eos_token_id, [6, 7]);
  const same = { 'tokenizer.ggml.eot_token_id': ['u32', 6] } as const;
  t.is((await describe(t, 'llama', undefined, { metadata: same })).config.eos_token_id, 6);
});

test('an output layer of its own, and RoPE scaled in both ways', async t => {
  const output = { 'output.weight': { extents: [32, 8] } };
  t.false((await describe(t, 'llama', undefined, { tensors: output })).config.tie_word_embeddings as boolean);
  const scaled = async (metadata: Record<string, Typed>, tensors: Record<string, TensorToWrite> = {}) =>
    (await describe(t, 'llama', undefined, { metadata, tensors })).config.rope_scaling as
      | ModelConfig
      | undefined;
  const [type, factor] = ['llama.rope.scaling.type', 'llama.rope.scaling.factor'];
  t.is(await scaled({ [type]: ['string', 'none'], [factor]: ['f32', 4] }), undefined);
  t.deepEqual(await scaled({ [type]: ['string', 'linear'], [factor]: ['f32', 2.5] }), {
    rope_type: 'linear',
    factor: 2.5,
  });
  t.deepEqual(await scaled({ 'llama.rope.scale_linear': ['f32', 8] }), { rope_type: 'linear', factor: 8 });
  const factors = (...values: number[]) => ({
    'rope_freqs.weight': {
      extents: [values.length],
      bytes: new Uint8Array(Float32Array.from(values).buffer),
    },
  });
  t.is(await scaled({}, factors(1, 1, 1, 1)), undefined);
  // Wavelengths 2π·θ^(i/4): only the third lies between 8192 / 4 and 8192.
  const blend = (8192 / (2 * Math.PI * 1000) - 1) / 3;
  const third = 1 / ((1 - blend) / 8 + blend);
  t.like((await scaled({ 'llama.rope.freq_base': ['f32', 1e6] }, factors(1, 1, third, 8)))!, {
    rope_type: 'llama3',
    factor: 8,
    original_max_position_embeddings: 8192,
  });
});

type Options = NonNullable<Parameters<typeof tinyModel>[2]>;
const bad: readonly (readonly [string, string, Options, RegExp])[] = [
  [
    'another architecture',
    'gemma3',
    {},
    /the architecture "gemma3", expected one of llama, deci, qwen2, qwen3/,
  ],
  ['no architecture', 'llama', { without: ['general.architecture'] }, /lacks general\.architecture/],
  ['a part of a model', 'llama', { metadata: { 'split.count': ['u16', 3] } }, /one of 3 parts/],
  ['experts', 'llama', { metadata: { 'llama.expert_count': ['u32', 8] } }, /has 8 experts/],
  [
    'a sliding window',
    'llama',
    { metadata: { 'llama.attention.sliding_window': ['u32', 32] } },
    /window of 32/,
  ],
  [
    'a scale of the attention',
    'llama',
    { metadata: { 'llama.attention.scale': ['f32', 0.1] } },
    /attention\.scale 0\.1/,
  ],
  [
    'a text for a size',
    'llama',
    { metadata: { 'llama.block_count': ['string', 'x'] } },
    /has "x" as llama\.block_count/,
  ],
  ['no layers', 'llama', { metadata: { 'llama.block_count': ['u32', 0] } }, /has 0 as llama\.block_count/],
  ['too many layers', 'llama', { metadata: { 'llama.block_count': ['u32', 4e9] } }, /has 4000000000 layers/],
  [
    'layers that lack tensors',
    'llama',
    { metadata: { 'llama.block_count': ['u32', 3] } },
    /lacks the tensor blk\.2\.attn_norm/,
  ],
  [
    'fewer layers than tensors',
    'llama',
    { metadata: { 'llama.block_count': ['u32', 1] } },
    /"blk\.1\.attn_norm\.weight", which LlamaForCausalLM has no place for/,
  ],
  [
    'too few numbers per layer',
    'deci',
    { metadata: { 'deci.feed_forward_length': ['array', [64], 'i32'] } },
    /list of 1 values as deci\.feed_forward_length, expected one number for each of 2/,
  ],
  [
    'a negative size',
    'deci',
    { metadata: { 'deci.feed_forward_length': ['array', [64, -1], 'i32'] } },
    /a whole number/,
  ],
  [
    'uneven layers',
    'llama',
    { metadata: { 'llama.feed_forward_length': ['array', [64, 96], 'i32'] } },
    /different sizes, which llama cannot have, expected deci/,
  ],
  [
    'heads that do not divide',
    'llama',
    { metadata: { 'llama.attention.head_count_kv': ['u32', 3] } },
    /4 heads on 3 KV heads/,
  ],
  [
    'linear attention',
    'deci',
    { metadata: { 'deci.attention.head_count_kv': ['u32', 0] } },
    /a linear map for the attention of layer 0/,
  ],
  ['odd heads', 'llama', { metadata: { 'llama.attention.key_length': ['u32', 7] } }, /heads of 7 numbers/],
  [
    'values longer than keys',
    'llama',
    { metadata: { 'llama.attention.value_length': ['u32', 16] } },
    /value_length 16, expected 8/,
  ],
  [
    'partial RoPE',
    'llama',
    { metadata: { 'llama.rope.dimension_count': ['u32', 4] } },
    /dimension_count 4, expected 8/,
  ],
  ['YaRN', 'qwen2', { metadata: { 'qwen2.rope.scaling.type': ['string', 'yarn'] } }, /scales RoPE by "yarn"/],
  [
    'no epsilon',
    'llama',
    { without: ['llama.attention.layer_norm_rms_epsilon'] },
    /lacks llama\.attention\.layer_norm_rms_epsilon/,
  ],
  [
    'an infinite epsilon',
    'llama',
    { metadata: { 'llama.attention.layer_norm_rms_epsilon': ['f32', Infinity] } },
    /has Infinity as/,
  ],
  [
    'another shape',
    'llama',
    { tensors: { 'blk.1.attn_k.weight': { extents: [32, 8] } } },
    /"blk\.1\.attn_k\.weight" of shape \[8, 32\], expected \[16, 32\]/,
  ],
  [
    'a tensor without a place',
    'llama',
    { tensors: { 'blk.0.ffn_gate_exps.weight': { extents: [32] } } },
    /no place for/,
  ],
  ['a bias of a norm', 'llama', { tensors: { 'output_norm.bias': { extents: [32] } } }, /no place for/],
  [
    'a bias that Qwen lacks',
    'qwen2',
    { tensors: { 'blk.0.ffn_up.bias': { extents: [64] } } },
    /biases that Qwen2ForCausalLM does not have/,
  ],
  [
    'both ways of RoPE',
    'llama',
    {
      metadata: { 'llama.rope.scaling.factor': ['f32', 2] },
      tensors: { 'rope_freqs.weight': { extents: [4] } },
    },
    /scales RoPE by 2 and by rope_freqs/,
  ],
  [
    'RoPE of another length',
    'llama',
    { tensors: { 'rope_freqs.weight': { extents: [8] } } },
    /of shape \[8\], expected \[4\]/,
  ],
];

for (const [what, architecture, options, message] of bad)
  test(`${what} is refused`, t =>
    throwsCode(t, () => describe(t, architecture, undefined, options), 'E_GGUF', message));

test('quantisations that cannot be read are refused before anything is written', t =>
  throwsCode(
    t,
    () => describe(t, 'llama', undefined, { type: 'IQ4_NL' }),
    'E_TENSOR_DTYPE',
    /"token_embd\.weight" as IQ4_NL, expected one of F32, F16/,
  ));
