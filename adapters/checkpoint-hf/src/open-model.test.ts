import { lstat, mkdir, readFile, symlink, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ErrorCode } from '@secateur/core';
import type { TensorRef } from '@secateur/core/graph';
import { temporaryFolder, throwsCode } from '@secateur/core/testing';
import test from 'ava';
import { writeRaw } from './fixtures.test.data.js';
import { createHuggingFaceFormat } from './hugging-face-format.js';

const format = createHuggingFaceFormat();
const entry = (begin = 0, dtype = 'F32') => ({ dtype, shape: [1], data_offsets: [begin, begin + 4] });
const four = new Uint8Array(4);
const config = (folder: string, text = '{"model_type":"llama"}') =>
  writeFile(path.join(folder, 'config.json'), text);
const index = (folder: string, map: unknown) =>
  writeFile(path.join(folder, 'model.safetensors.index.json'), JSON.stringify({ weight_map: map }));

test('a folder opens with config, tensors and companions; other types are listed but not read', async t => {
  const folder = await temporaryFolder(t);
  await config(folder, '{"model_type":"llama","custom":[1]}');
  await writeRaw(folder, { w: entry(), mask: entry(4, 'I32') }, new Uint8Array(8));
  await mkdir(path.join(folder, 'licenses'));
  await symlink('gone', path.join(folder, 'merges.txt'));
  for (const name of ['tokenizer.json', 'LICENSE.txt', 'chat_template.jinja', 'README.md', 'optimizer.pt'])
    await writeFile(path.join(folder, name), 'x');
  const checkpoint = await format.open(folder);
  t.is(checkpoint.folder, folder);
  t.deepEqual(checkpoint.config, { model_type: 'llama', custom: [1] });
  t.deepEqual([...checkpoint.tensors.keys()], ['w', 'mask']);
  t.deepEqual(
    checkpoint.companions,
    ['LICENSE.txt', 'chat_template.jinja', 'tokenizer.json'].map(name => path.join(folder, name)),
  );
  t.deepEqual(await format.read(checkpoint.tensors.get('w')!), new Float32Array(1));
  await throwsCode(
    t,
    () => format.read(checkpoint.tensors.get('mask') as TensorRef),
    'E_TENSOR_DTYPE',
    /I32/,
  );
});

test('shards open by their index, through links as well', async t => {
  const folder = await temporaryFolder(t);
  await mkdir(path.join(folder, 'blobs'));
  await config(folder);
  const blob = await writeRaw(folder, { b: entry() }, four, 'blobs/abc');
  await symlink(blob, path.join(folder, 'model-00002-of-00002.safetensors'));
  await writeRaw(folder, { a: entry() }, four, 'model-00001-of-00002.safetensors');
  await index(folder, { b: 'model-00002-of-00002.safetensors', a: 'model-00001-of-00002.safetensors' });
  const { tensors } = await format.open(folder);
  t.deepEqual([...tensors.keys()], ['a', 'b']);
  t.is(path.basename(tensors.get('b')!.file), 'abc');
});

test('a snapshot of the hub’s cache opens and is written from, though each file is a relative link', async t => {
  const cache = await temporaryFolder(t);
  const folder = path.join(cache, 'snapshots', 'a'.repeat(40));
  for (const part of [folder, path.join(cache, 'blobs')]) await mkdir(part, { recursive: true });
  await config(path.join(cache, 'blobs'));
  await writeRaw(cache, { w: entry() }, four, 'blobs/123');
  await writeFile(path.join(cache, 'blobs/456'), '{}');
  for (const [blob, name] of [
    ['config.json', 'config.json'],
    ['123', 'model.safetensors'],
    ['456', 'tokenizer.json'],
  ] as const)
    await symlink(path.join('../../blobs', blob), path.join(folder, name));
  const { tensors, companions, config: read, hash } = await format.open(folder);
  t.deepEqual(read, { model_type: 'llama' });
  t.deepEqual(await format.read(tensors.get('w')!), new Float32Array(1));
  t.regex(await hash(), /^[0-9a-f]{64}$/);
  const out = path.join(cache, 'out');
  await format.write(out, read, [{ name: 'w', shape: [1] }], async () => new Float32Array(1), { companions });
  const copy = await lstat(path.join(out, 'tokenizer.json'));
  t.true(copy.isFile(), 'a file of its own, no link into the cache');
  t.is(await readFile(path.join(out, 'tokenizer.json'), 'utf8'), '{}');
});

test('the hash follows config and weights, not the place', async t => {
  const make = async (text: string, data: Uint8Array) => {
    const folder = await temporaryFolder(t);
    await config(folder, text);
    await writeRaw(folder, { w: entry() }, data);
    return (await format.open(folder)).hash();
  };
  const hash = await make('{}', four);
  t.regex(hash, /^[0-9a-f]{64}$/);
  t.is(await make('{}', four), hash);
  t.not(await make('{} ', four), hash);
  t.not(await make('{}', Uint8Array.of(0, 0, 0, 1)), hash);
});

test('recognises asks for a config.json and never throws', async t => {
  const folder = await temporaryFolder(t);
  t.false(await format.recognises(folder));
  t.false(await format.recognises(path.join(folder, 'none')));
  await config(folder);
  t.true(await format.recognises(folder));
});

/** What is wrong, how the folder is made, the code and what the message must say. */
const badFolders: readonly (readonly [string, (folder: string) => Promise<unknown>, ErrorCode, RegExp])[] = [
  [
    'a folder without config.json',
    folder => writeRaw(folder, {}),
    'E_MODEL_CONFIG',
    /config\.json cannot be read/,
  ],
  ['a config.json that is not JSON', folder => config(folder, '{"a":'), 'E_MODEL_CONFIG', /is not JSON/],
  [
    'a config.json that is an array',
    folder => config(folder, '[]'),
    'E_MODEL_CONFIG',
    /an array, expected an object/,
  ],
  [
    'a config.json that is not UTF-8',
    folder => writeFile(path.join(folder, 'config.json'), Buffer.of(0x7b, 0xff, 0x7d)),
    'E_MODEL_CONFIG',
    /is not UTF-8/,
  ],
  [
    'a config.json that nests too deep',
    folder => config(folder, `{"a":${'['.repeat(64)}${']'.repeat(64)}}`),
    'E_MODEL_CONFIG',
    /nests deeper than 64 levels/,
  ],
  [
    'a config.json that is too large',
    async folder => {
      await config(folder);
      await truncate(path.join(folder, 'config.json'), 100_000_001);
    },
    'E_MODEL_CONFIG',
    /has 100000001 bytes, expected at most 100000000/,
  ],
  [
    'an index whose map is a list',
    async folder => {
      await config(folder);
      await index(folder, ['a.safetensors']);
    },
    'E_SAFETENSORS',
    /no weight_map/,
  ],
  [
    'a folder without weights',
    folder => config(folder),
    'E_MODEL_NOT_FOUND',
    /neither model\.safetensors nor/,
  ],
  [
    'a pickle checkpoint',
    async folder => {
      await config(folder);
      await writeFile(path.join(folder, 'pytorch_model.bin'), 'x');
    },
    'E_MODEL_PICKLE',
    /pytorch_model\.bin and no safetensors/,
  ],
  [
    'a sharded pickle checkpoint without config',
    folder => writeFile(path.join(folder, 'pytorch_model-00001-of-00002.bin'), 'x'),
    'E_MODEL_PICKLE',
    /00001-of-00002\.bin/,
  ],
  [
    'consolidated weights',
    folder => writeFile(path.join(folder, 'consolidated.00.pth'), 'x'),
    'E_MODEL_PICKLE',
    /\.pth/,
  ],
  [
    'an index that is not JSON',
    async folder => {
      await config(folder);
      await writeFile(path.join(folder, 'model.safetensors.index.json'), 'x');
    },
    'E_SAFETENSORS',
    /index\.json is not JSON/,
  ],
  [
    'an index without a map',
    async folder => {
      await config(folder);
      await index(folder, undefined);
    },
    'E_SAFETENSORS',
    /no weight_map/,
  ],
  [
    'an index that leads out of the folder',
    async folder => {
      await config(folder);
      await index(folder, { a: '../other.safetensors' });
    },
    'E_SAFETENSORS',
    /expected a safetensors file of the folder/,
  ],
  [
    'a missing shard',
    async folder => {
      await config(folder);
      await index(folder, { a: 'model-00001-of-00001.safetensors' });
    },
    'E_MODEL_NOT_FOUND',
    /00001-of-00001\.safetensors does not exist/,
  ],
  [
    'a tensor that its shard lacks',
    async folder => {
      await config(folder);
      await writeRaw(folder, { a: entry() }, four, 's.safetensors');
      await index(folder, { a: 's.safetensors', b: 's.safetensors' });
    },
    'E_SAFETENSORS',
    /places b in s\.safetensors, which does not have it/,
  ],
  [
    'a tensor in two shards',
    async folder => {
      await config(folder);
      await writeRaw(folder, { a: entry() }, four, 's.safetensors');
      await writeRaw(folder, { a: entry(), b: entry(4) }, new Uint8Array(8), 't.safetensors');
      await index(folder, { a: 's.safetensors', b: 't.safetensors' });
    },
    'E_SAFETENSORS',
    /places a in s\.safetensors, but t\.safetensors has a tensor of that name/,
  ],
];

for (const [what, make, code, message] of badFolders)
  test(`${what} is refused`, async t => {
    const folder = await temporaryFolder(t);
    await make(folder);
    await throwsCode(t, () => format.open(folder), code, message);
  });

test('a folder that is missing, and a file in its place, are told apart', async t => {
  const folder = await temporaryFolder(t);
  await throwsCode(t, () => format.open(path.join(folder, 'none')), 'E_MODEL_NOT_FOUND', /does not exist/);
  const file = await writeRaw(folder, {});
  await throwsCode(t, () => format.open(file), 'E_MODEL_NOT_FOUND', /is a file/);
});

test('a folder in the place of the weights is refused', async t => {
  const folder = await temporaryFolder(t);
  await config(folder);
  await mkdir(path.join(folder, 'model.safetensors'));
  await throwsCode(t, () => format.open(folder), 'E_MODEL_NOT_FOUND', /is a folder, expected a file/);
});
