import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { convertGguf } from '@secateur/adapter-checkpoint-gguf';
import { createHuggingFaceFormat } from '@secateur/adapter-checkpoint-hf';
import { createGgufExporter } from '@secateur/adapter-exporter-gguf';
import type { ExportOptions, ModelConfig } from '@secateur/core';
import type { TensorRef } from '@secateur/core/graph';
import test, { type ExecutionContext } from 'ava';
import { scratchFolder } from '../scratch.js';
import { tinyBase, tinyModels, writeTinyModel } from './tiny-models.js';

const format = createHuggingFaceFormat();
const exporter = createGgufExporter();

/** Writes a tiny model and exports it, next to nothing else. */
const exported = async (
  t: ExecutionContext,
  config: ModelConfig,
  options: Partial<ExportOptions> = {},
  change: (weights: Float32Array) => Float32Array = weights => weights,
) => {
  const folder = scratchFolder(t);
  const model = await writeTinyModel(path.join(folder, 'model'), config);
  const file = path.join(folder, 'out', 'model.gguf');
  const { files, notes } = await exporter.export(
    {
      ...model,
      format: Object.assign(createHuggingFaceFormat(), {
        read: async (ref: TensorRef) => change(await format.read(ref)),
      }),
    },
    file,
    { dtype: 'f32', ...options },
  );
  t.deepEqual(files, [file]);
  t.deepEqual(await readdir(path.dirname(file)), ['model.gguf'], 'nothing else lies there');
  return { folder, file, model, notes };
};

test('it says what it writes', t => {
  t.is(exporter.extension, 'gguf');
  t.is(exporter.place, 'model.gguf');
  t.deepEqual([...exporter.dtypes].sort(), ['bf16', 'f16', 'f32', 'q8_0']);
});

const refused: readonly (readonly [what: string, config: ModelConfig, message: RegExp])[] = [
  [
    'a Qwen3 whose layers differ',
    { ...tinyModels.Qwen3!.config, per_layer_config: { '1': { intermediate_size: 64 } } },
    /layers differ in size, which llama.cpp cannot read in a Qwen3/,
  ],
  [
    'a Qwen2 with the RoPE of LLaMA 3',
    { ...tinyModels['RoPE of LLaMA 3']!.config, architectures: ['Qwen2ForCausalLM'] },
    /RoPE scaling of LLaMA 3 for LLaMA only/,
  ],
];

for (const [what, config, message] of refused)
  test(`${what} is refused`, async t => {
    await t.throwsAsync(exported(t, config), { code: 'E_EXPORT', message });
  });

test('a window becomes the longest text', async t => {
  const config = { ...tinyBase, architectures: ['MistralForCausalLM'], sliding_window: 32 };
  const { file, folder, notes } = await exported(t, config);
  t.regex(notes.join(), /no sliding window for this model: the file allows the 32 tokens/);
  await convertGguf(file, path.join(folder, 'back'));
  t.is((await format.open(path.join(folder, 'back'))).config.max_position_embeddings, 32);
  const wide = await exported(t, { ...config, sliding_window: 128 });
  t.false(
    wide.notes.some(note => note.includes('window')),
    'a window as long as the context changes nothing',
  );
});

test('rows that Q8_0 cannot hold are counted', async t => {
  const { notes } = await exported(t, { ...tinyBase, intermediate_size: 33 }, { dtype: 'q8_0' });
  t.regex(notes.join(), /4 of 39 tensors are F16, since their rows are no multiple of 32: blk\.0\.ffn_down/);
});

test('weights beyond float16 are refused, and nothing is left', async t => {
  const large = (weights: Float32Array): Float32Array => weights.fill(1e6);
  await t.throwsAsync(exported(t, tinyBase, { dtype: 'f16' }, large), { code: 'E_NUMERICS' });
  await t.notThrowsAsync(exported(t, tinyBase, { dtype: 'bf16' }, large));
});

test('progress ends at the whole; a signal stops it and leaves nothing', async t => {
  const told: (readonly [number, number])[] = [];
  await exported(t, tinyBase, { onProgress: (...now) => told.push(now) });
  t.is(told.length, 39);
  t.is(told.at(-1)![0], told.at(-1)![1]);
  const folder = scratchFolder(t);
  const model = await writeTinyModel(path.join(folder, 'model'), tinyBase);
  const file = path.join(folder, 'out', 'model.gguf');
  for (const tensors of [0, 3]) {
    const control = new AbortController();
    const stop = () => control.abort(new Error('enough'));
    if (tensors === 0) stop();
    let written = 0;
    const onProgress = () => {
      if (++written === tensors) stop();
    };
    const { signal } = control;
    await t.throwsAsync(exporter.export(model, file, { dtype: 'f32', signal, onProgress }), {
      message: 'enough',
    });
    t.is(written, tensors);
    t.deepEqual(await readdir(folder), ['model']);
  }
});
