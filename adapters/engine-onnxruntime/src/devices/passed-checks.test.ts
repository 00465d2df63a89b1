import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { temporaryFolder } from '@secateur/core/testing';
import test from 'ava';
import { TOLERANCE } from '../self-check/comparison.js';
import { keyOf, PassedChecks } from './passed-checks.js';

test('a check that was passed is found by its key', async t => {
  const folder = path.join(await temporaryFolder(t), 'not', 'yet');
  const passed = new PassedChecks(folder);
  t.is(await passed.find('a'), undefined);
  await passed.add('a', { error: 1e-6, driver: 'd' });
  t.is(await passed.find('a'), 1e-6);
  t.is(await passed.find('b'), undefined);
  t.deepEqual(await readdir(path.join(folder, 'devices')), ['a.json'], 'no temporary file is left');
});

test('a file that is damaged, or says what does not pass, is not believed', async t => {
  const folder = await temporaryFolder(t);
  await mkdir(path.join(folder, 'devices'));
  for (const text of ['', '{', 'null', '{}', '{"error":"0"}', '{"error":-1}', `{"error":${2 * TOLERANCE}}`]) {
    await writeFile(path.join(folder, 'devices', 'a.json'), text);
    t.is(await new PassedChecks(folder).find('a'), undefined, text);
  }
});

test('a folder that cannot be made is no fault', async t => {
  const file = path.join(await temporaryFolder(t), 'file');
  await writeFile(file, '');
  const passed = new PassedChecks(file);
  await t.notThrowsAsync(passed.add('a', { error: 0, driver: 'd' }));
  t.is(await passed.find('a'), undefined);
});

test('keys differ where any part does, and where parts are divided otherwise', t => {
  const keys = [keyOf('a', 'b'), keyOf('a', 'c'), keyOf('ab', ''), keyOf('a', Uint8Array.of(1))];
  t.is(new Set(keys).size, keys.length);
});
