import { readFileSync } from 'node:fs';
import path from 'node:path';
import { convertGguf, openGguf } from '@secateur/adapter-checkpoint-gguf';
import { createHuggingFaceFormat } from '@secateur/adapter-checkpoint-hf';
import { createGgufExporter } from '@secateur/adapter-exporter-gguf';
import { createHuggingFaceTokenizerFormat } from '@secateur/adapter-tokenizer-hf';
import type { ModelConfig, ModelToExport } from '@secateur/core';
import { llamaTracer } from '@secateur/plugin-tracer-llama';
import test, { type ExecutionContext } from 'ava';
import { scratchFolder } from '../scratch.js';
import { llamaCpp, testWithLlamaCpp } from './test-with-llama-cpp.js';
import { referenceNextToken, tinyBase, tinyModels, writeTinyModel } from './tiny-models.js';
import { VOCABULARY, writeTinyTokenizer } from './tiny-tokenizer.js';

const format = createHuggingFaceFormat();
const tokenizers = createHuggingFaceTokenizerFormat();

const open = async (folder: string): Promise<ModelToExport> => ({
  checkpoint: await format.open(folder),
  format,
  tracer: llamaTracer,
});

/** A folder, the GGUF file in float32 that it becomes, and the folder that this becomes. */
const roundTrip = async (t: ExecutionContext, config: ModelConfig, tokenizer = false) => {
  const scratch = scratchFolder(t);
  const [before, after] = [path.join(scratch, 'model'), path.join(scratch, 'back')];
  await writeTinyModel(before, config);
  if (tokenizer) writeTinyTokenizer(before);
  const model = await open(before);
  const file = path.join(scratch, 'model.gguf');
  await createGgufExporter().export(model, file, { dtype: 'f32' });
  await convertGguf(file, after);
  return { file, model, before, back: await open(after), after };
};

/** What config.json says of a model, with what transformers takes where it says nothing. */
const meaningOf = (config: ModelConfig) => {
  const overrides = (config.per_layer_config ?? {}) as Record<string, ModelConfig & { skip?: string[] }>;
  const layers = Array.from({ length: config.num_hidden_layers as number }, (_, i) => {
    const own = overrides[i] ?? {};
    const skips = (part: RegExp) => own.skip?.some(name => part.test(name)) ?? false;
    const size = (key: string) => own[key] ?? config[key];
    return {
      attention: !skips(/^(self_attn|attention)$/) && [
        size('num_attention_heads'),
        size('num_key_value_heads'),
      ],
      mlp: !skips(/^mlp$/) && size('intermediate_size'),
    };
  });
  const { type, ...scaling } = (config.rope_scaling ?? {}) as ModelConfig;
  return {
    architectures: config.architectures,
    type: config.model_type,
    layers,
    sizes: ['hidden_size', 'head_dim', 'vocab_size', 'max_position_embeddings'].map(key => config[key]),
    epsilon: config.rms_norm_eps,
    theta: config.rope_theta ?? 10_000,
    scaling: type === undefined ? scaling : { rope_type: type, ...scaling },
    tied: config.tie_word_embeddings ?? false,
    biases: [config.attention_bias ?? false, config.mlp_bias ?? false],
    ids: ['bos_token_id', 'eos_token_id', 'pad_token_id'].map(key => config[key]),
  };
};

const ids = { bos_token_id: 259, eos_token_id: [260, 261], pad_token_id: 262, rms_norm_eps: 3e-6 };
const exact: Readonly<Record<string, ModelConfig>> = {
  ...Object.fromEntries(
    [
      'uniform',
      'tied',
      'biases',
      'RoPE scaled linearly',
      'RoPE of LLaMA 3',
      'heads of 48 in a hidden size of 64',
      'channels by layer',
      'heads by layer',
      'heads and odd channels by layer, RoPE of LLaMA 3',
      'biases and tied, by layer',
      'middle layer without attention',
      'last layer without attention',
      'Qwen2',
      'Qwen3',
    ].map(name => [name, tinyModels[name]!.config]),
  ),
  'layers without attention, by the name of the module, and others of other sizes': {
    ...tinyBase,
    attention_bias: true,
    mlp_bias: true,
    per_layer_config: {
      '0': { num_attention_heads: 2, num_key_value_heads: 1 },
      '01': { skip: ['self_attn'], intermediate_size: 33 },
      '2': { skip: ['attention'] },
    },
  },
};

const texts = [' abc a bc', 'Zürich 2024\n<|turn|>\t日本', ''];

for (const [name, config] of Object.entries(exact))
  test(`folder, GGUF, folder, and nothing is another: ${name}`, async t => {
    // transformers pads the numbers of layers; the meaning is what is compared.
    const given: ModelConfig = { ...config, vocab_size: VOCABULARY, ...ids };
    const { model, before, back, after } = await roundTrip(t, given, true);
    const padded = Object.entries((given.per_layer_config ?? {}) as object);
    const per_layer_config = Object.fromEntries(padded.map(([layer, own]) => [Number(layer), own]));
    t.deepEqual(meaningOf(back.checkpoint.config), meaningOf({ ...given, per_layer_config }));

    const [theirs, ours] = [back.checkpoint.tensors, model.checkpoint.tensors];
    t.deepEqual([...theirs.keys()].sort(), [...ours.keys()].sort());
    for (const [tensor, ref] of ours) {
      t.deepEqual(theirs.get(tensor)!.shape, ref.shape, tensor);
      const [found, expected] = [await format.read(theirs.get(tensor)!), await format.read(ref)];
      t.true(Buffer.from(found.buffer).equals(Buffer.from(expected.buffer)), tensor);
    }

    const [first, second] = [await tokenizers.open(before), await tokenizers.open(after)];
    for (const text of texts) t.deepEqual(second.encode(text), first.encode(text), text);
    t.is(second.bos, first.bos);
    const settings = (folder: string) =>
      JSON.parse(readFileSync(path.join(folder, 'tokenizer_config.json'), 'utf8'));
    t.like(settings(after), settings(before));
  });

test('without a tokenizer the ids in config.json remain', async t => {
  const { back } = await roundTrip(t, {
    ...tinyBase,
    bos_token_id: 5,
    eos_token_id: [6, 7],
    pad_token_id: -1,
  });
  t.like(back.checkpoint.config, { bos_token_id: 5, eos_token_id: [6, 7] });
  t.false('pad_token_id' in back.checkpoint.config, '-1 is no token');
});

test('ids that the model does not have are not written', async t => {
  const { file } = await roundTrip(t, { ...tinyBase, bos_token_id: 97, eos_token_id: 96 });
  const { metadata } = await openGguf(file);
  t.false(metadata.has('tokenizer.ggml.bos_token_id'));
  t.is(metadata.get('tokenizer.ggml.eos_token_id'), 96);
});

const prompt = [10, 20, 30, 40, 50, 60, 70];
const gap = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, p, id) => Math.max(most, Math.abs(p - b[id]!)), 0);

/**
 * Also of those that become something else: a first layer without attention, and layers without MLP, come back with
 * heads and neurons of zeros.
 */
for (const [name, { config }] of Object.entries(tinyModels))
  test(`what comes back computes the same: ${name}`, async t => {
    const { model, back } = await roundTrip(t, config);
    const [before, after] = [await referenceNextToken(model, prompt), await referenceNextToken(back, prompt)];
    // Factors of LLaMA 3's RoPE are stored as float32, and give its parameters exactly.
    t.true(gap(before, after) < 1e-12, String(gap(before, after)));
  });

for (const name of ['middle layer without attention', 'last layer without attention', 'heads by layer'])
  testWithLlamaCpp(`llama.cpp computes of the file what we do of its folder: ${name}`, async t => {
    const { file, back } = await roundTrip(t, tinyModels[name]!.config);
    const [theirs] = await llamaCpp.nextTokens(file, [prompt]);
    t.true(gap(await referenceNextToken(back, prompt), theirs!) < 1e-5);
  });
