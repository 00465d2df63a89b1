import { copyFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { convertGguf } from '@secateur/adapter-checkpoint-gguf';
import { createHuggingFaceFormat } from '@secateur/adapter-checkpoint-hf';
import { convertLlama2c } from '@secateur/adapter-checkpoint-llama2c';
import { createGgufExporter } from '@secateur/adapter-exporter-gguf';
import { encode, greedy } from '@secateur/adapter-runtime-llama-cpp';
import { createHuggingFaceTokenizerFormat } from '@secateur/adapter-tokenizer-hf';
import type { ModelToExport } from '@secateur/core';
import { llamaTracer } from '@secateur/plugin-tracer-llama';
import type { ExecutionContext } from 'ava';
import { scratchFolder } from '../scratch.js';
import { sharedData } from '../shared-data.js';
import { smollm2, smollm2Absent } from '../smollm2.js';
import { testWithLlamaCpp, testWithLlamaCppAnd } from './test-with-llama-cpp.js';
import { tinyBase, writeTinyModel } from './tiny-models.js';

const shared = sharedData();
const testWithSmollm2 = testWithLlamaCppAnd(smollm2() !== undefined, smollm2Absent);
const testWithShared = testWithLlamaCppAnd(shared !== undefined, 'shared data are absent');

const texts = [
  'Hello, world! 1234567 3.14',
  ' leading  and   many spaces \n\n\ttabs\r\n',
  "I'm sure they don't; WE'LL see he'd've.",
  'naïve café — 日本語 한국어 😀👩‍👩‍👧 ½ ١٢٣ \u0301',
  'a▁b <s> x</s> y <|im_start|>user\nhi<|im_end|>',
  '',
  '   ',
  '\n',
  'for (let i = 0; i < 10; i++) { x[i] += 2 ** i; } // done',
  ...(shared === undefined
    ? []
    : [readFileSync(path.join(shared, 'text/wikitext-2/test.raw.txt'), 'utf8').slice(0, 30_000)]),
];

const format = createHuggingFaceFormat();

const open = async (folder: string): Promise<ModelToExport> => ({
  checkpoint: await format.open(folder),
  format,
  tracer: llamaTracer,
});

/** Exports a folder; llama.cpp must give the ids that the folder's tokenizer gives, and so must the folder made of the file. */
const checkIds = async (t: ExecutionContext, folder: string): Promise<string> => {
  const file = path.join(scratchFolder(t), 'model.gguf');
  await createGgufExporter().export(await open(folder), file, { dtype: 'f32' });
  const tokenizer = await createHuggingFaceTokenizerFormat().open(folder);
  const back = path.join(path.dirname(file), 'back');
  await convertGguf(file, back, { dtype: 'BF16' });
  const again = await createHuggingFaceTokenizerFormat().open(back);
  const found = await encode(file, texts);
  texts.forEach((text, i) => {
    const ids = tokenizer.encode(text);
    t.deepEqual(found[i], ids, JSON.stringify(text.slice(0, 40)));
    t.deepEqual(again.encode(text), ids, JSON.stringify(text.slice(0, 40)));
  });
  t.is(again.bos, tokenizer.bos);
  return file;
};

testWithShared("the ids of LLaMA's tokenizer", async t => {
  const folder = scratchFolder(t);
  await writeTinyModel(folder, { ...tinyBase, num_hidden_layers: 1, vocab_size: 32_003 });
  for (const name of ['tokenizer.json', 'tokenizer_config.json'])
    copyFileSync(path.join(shared!, 'tokenizers/llama', name), path.join(folder, name));
  await checkIds(t, folder);
});

testWithShared('stories260K: ids, and the known text', async t => {
  const folder = path.join(scratchFolder(t), 'stories');
  const [model, tokens] = ['stories260K.bin', 'tok512.bin'].map(name =>
    path.join(shared!, 'models/stories260K', name),
  );
  await convertLlama2c(model!, tokens!, folder);
  const file = await checkIds(t, folder);
  const tokenizer = await createHuggingFaceTokenizerFormat().open(folder);
  const expected = readFileSync(path.join(shared!, 'models/stories260K/expected-greedy-200.txt'), 'utf8');
  t.true(tokenizer.decode(await greedy(file, [1], 200)).startsWith(expected.trim()));
});

testWithSmollm2('the ids of SmolLM2', async t => {
  const folder = path.join(scratchFolder(t), 'smollm2');
  await convertGguf(smollm2()!, folder);
  await checkIds(t, folder);
});

testWithLlamaCpp('a text for a file without tokenizer aborts llama.cpp, and is an error here', async t => {
  const folder = scratchFolder(t);
  const model = await writeTinyModel(path.join(folder, 'model'), { ...tinyBase, num_hidden_layers: 1 });
  const file = path.join(folder, 'model.gguf');
  await createGgufExporter().export(model, file, { dtype: 'f32' });
  await t.throwsAsync(encode(file, ['a']), { code: 'E_VERIFY', message: /GGML_ASSERT/ });
});
