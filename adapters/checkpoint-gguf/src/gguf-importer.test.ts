import { mkdir, readdir, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createHuggingFaceFormat } from '@secateur/adapter-checkpoint-hf';
import { temporaryFolder, throwsCode } from '@secateur/core/testing';
import test from 'ava';
import { ggufBytes, writeBytes } from './fixtures.test.data.js';
import { ggufImporter } from './gguf-importer.js';
import { tinyModel } from './tiny-models.test.data.js';

const bytes = ggufBytes(tinyModel('llama'));

test('it knows files by their ending and by their first bytes', async t => {
  const folder = await temporaryFolder(t);
  const at = (name: string) => path.join(folder, name);
  await writeFile(at('model.bin'), bytes);
  await writeFile(at('other.bin'), 'GGML');
  await writeFile(at('short'), 'GG');
  await mkdir(at('folder.gguf'));
  const known = async (model: string) => ggufImporter.recognises(model);
  t.true(await known(at('none.gguf')));
  t.true(await known(at('NONE.GGUF')));
  t.true(await known(at('model.bin')));
  for (const name of ['other.bin', 'short', 'folder.gguf', 'none']) t.false(await known(at(name)), name);
  t.false(await known('hf:owner/model.gguf'));
});

test('a file is converted once, and again when it changes', async t => {
  const [file, cache] = [await writeBytes(t, bytes), await temporaryFolder(t)];
  const progress: string[] = [];
  const options = { cache, onProgress: (...given: unknown[]) => progress.push(given.join(' ')) };
  const folder = await ggufImporter.folder(file, options);
  t.is(path.dirname(path.dirname(folder)), path.join(cache, 'gguf'));
  t.is(path.basename(folder), 'model', 'exporters call the model so');
  t.is((await createHuggingFaceFormat().open(folder)).config.model_type, 'llama');
  t.is(progress.at(-1), '20 20 tensors');
  const { mtimeMs } = await stat(path.join(folder, 'config.json'));
  t.is(await ggufImporter.folder(file, options), folder);
  t.is((await stat(path.join(folder, 'config.json'))).mtimeMs, mtimeMs);
  await utimes(file, 1, 1);
  t.not(await ggufImporter.folder(file, options), folder);
  t.is((await readdir(path.join(cache, 'gguf'))).length, 2);
});

test('two at once give the same folder', async t => {
  const [file, cache] = [await writeBytes(t, bytes), await temporaryFolder(t)];
  const folders = await Promise.all([1, 2, 3].map(() => ggufImporter.folder(file, { cache })));
  t.is(new Set(folders).size, 1);
  t.is((await createHuggingFaceFormat().open(folders[0]!)).tensors.size, 20);
  t.is((await readdir(path.join(cache, 'gguf'))).length, 1, 'nothing unfinished is left');
});

test('a failure leaves nothing', async t => {
  const [file, cache] = [await writeBytes(t, bytes), await temporaryFolder(t)];
  const damaged = await writeBytes(t, bytes.subarray(0, 2000));
  await throwsCode(t, () => ggufImporter.folder(damaged, { cache }), 'E_GGUF');
  await throwsCode(t, () => ggufImporter.folder(`${damaged}.none`, { cache }), 'E_MODEL_NOT_FOUND');
  t.deepEqual(await readdir(path.join(cache, 'gguf')), []);
  const control = new AbortController();
  control.abort(new Error('enough'));
  await t.throwsAsync(ggufImporter.folder(file, { cache, signal: control.signal }), { message: 'enough' });
  t.deepEqual(await readdir(path.join(cache, 'gguf')), []);
});
