import { readdir, readFile, readlink } from 'node:fs/promises';
import path from 'node:path';
import type { DataOptions } from '@secateur/core';
import test from 'ava';
import { optionsFor, temporaryFolder, throwsCode, weights } from './fixtures.test.data.js';
import { createHubDataImporter } from './hub-data-importer.js';
import { answers, COMMIT, sha256, startHub } from './hub-server.test.data.js';

const CONVERSION = 'c'.repeat(40);
const rows = { config: 'boolq', split: 'validation' };
const parquet = weights(70_000);
const files = {
  'README.md': Buffer.from('not needed'),
  'boolq/train-00000-of-00001.parquet': weights(500),
  'boolq/validation-00000-of-00001.parquet': parquet,
  'cb/validation-00000-of-00001.parquet': weights(300),
  'extra/hard rows.jsonl': Buffer.from('{}'),
};

const importerOf = (...setting: Parameters<typeof optionsFor>) => {
  const { notices, options } = optionsFor(...setting);
  const importer = createHubDataImporter(options);
  return {
    notices,
    file: (name = 'hf:owner/name', wanted: typeof rows | null = rows, asked: DataOptions = {}) =>
      importer.file(name, wanted ?? undefined, asked),
  };
};
const storage = (cache: string): string => path.join(cache, 'hub', 'datasets--owner--name');

test('the file of a split is fetched into the layout of the hub’s cache, and no other', async t => {
  const [hub, cache] = [await startHub(t, { kind: 'dataset', files }), await temporaryFolder(t)];
  const { file } = importerOf(hub, cache);
  const steps: number[][] = [];
  const found = await file('hf:owner/name', rows, {
    onProgress: (...step) => steps.push(step.slice(0, 2) as number[]),
  });
  t.is(found, path.join(storage(cache), 'snapshots', COMMIT, 'boolq', 'validation-00000-of-00001.parquet'));
  t.deepEqual(await readFile(found), parquet);
  t.is(await readlink(found), `../../../blobs/${sha256(parquet)}`);
  t.is(await readFile(path.join(storage(cache), 'refs', 'main'), 'utf8'), COMMIT);
  t.deepEqual(await readdir(path.join(storage(cache), 'blobs')), [sha256(parquet)]);
  t.deepEqual(steps.at(-1), [parquet.length, parquet.length]);

  const before = hub.contentRequests().length;
  t.is(await file(), found);
  t.is(hub.contentRequests().length, before, 'the second time nothing is downloaded');
});

test('a file may be named, with a revision or without', async t => {
  const branches = { v1: { commit: CONVERSION, files: { 'old.jsonl': Buffer.from('[]') } } };
  const [hub, cache] = [await startHub(t, { kind: 'dataset', files, branches }), await temporaryFolder(t)];
  const { file } = importerOf(hub, cache);
  t.is(await readFile(await file('hf:owner/name/extra/hard rows.jsonl', null), 'utf8'), '{}');
  t.is(await readFile(await file('hf:owner/name/old.jsonl@v1'), 'utf8'), '[]');
  await throwsCode(t, () => file('hf:owner/name/none.jsonl'), /has no none\.jsonl, only README\.md, boolq/);
  await throwsCode(
    t,
    () => file('hf:owner/name@v2'),
    /has no revision v2/,
    /datasets\/owner\/name\/tree\/main/,
  );
});

test('where main has no file of the split, the hub’s conversion is asked', async t => {
  const converted = { 'boolq/validation/0000.parquet': parquet };
  const branches = { 'refs/convert/parquet': { commit: CONVERSION, files: converted } };
  const main = { 'boolq.py': Buffer.from('a script') };
  const [hub, cache] = [
    await startHub(t, { kind: 'dataset', files: main, branches }),
    await temporaryFolder(t),
  ];
  const { file, notices } = importerOf(hub, cache);
  const found = await file();
  t.is(found, path.join(storage(cache), 'snapshots', CONVERSION, 'boolq', 'validation', '0000.parquet'));
  await throwsCode(
    t,
    () => file('hf:owner/name@main'),
    /has no rows of the split validation of boolq, only boolq\.py/,
  );
  hub.close();
  t.is(await file(), found, 'from the cache, where the hub cannot be asked');
  t.regex(notices.join(), /cannot be reached .+ in the cache is used/);
});

test('a set that has no such split anywhere is refused by what it has', async t => {
  const [hub, cache] = [await startHub(t, { kind: 'dataset', files }), await temporaryFolder(t)];
  const { file } = importerOf(hub, cache);
  await throwsCode(
    t,
    () => file('hf:owner/name', { config: 'boolq', split: 'hidden' }),
    /^owner\/name has no rows of the split hidden of boolq, only README\.md, .+\.$/,
    /hf:owner\/name\/FILE/,
  );
  await throwsCode(
    t,
    () => file('hf:owner/name', null),
    /names a data set, expected a file in it/,
    /hf:owner\/name\/FILE/,
  );
  await throwsCode(
    t,
    () => file('hf:owner/other'),
    /There is no data set owner\/other on/,
    /private data set/,
  );
});

test('without network only what the cache has is used', async t => {
  const [hub, cache] = [await startHub(t, { kind: 'dataset', files }), await temporaryFolder(t)];
  const offline = importerOf(hub, cache, { HF_HUB_OFFLINE: '1' });
  await throwsCode(
    t,
    () => offline.file(),
    /HF_HUB_OFFLINE is set, and .+ has no complete copy/,
    /a file on this machine/,
  );
  const found = await importerOf(hub, cache).file();
  const asked = hub.asked.length;
  t.is(await offline.file(), found);
  t.is(hub.asked.length, asked, 'nobody was asked');
});

test('a hub that answers with an error is told by what it says', async t => {
  const [hub, cache] = [await startHub(t, { kind: 'dataset', files }), await temporaryFolder(t)];
  hub.fail(/\/api\/datasets/, 1, answers(403, 'gated'));
  await throwsCode(t, () => importerOf(hub, cache).file(), /owner\/name is gated/, /datasets\/owner\/name/);
});
