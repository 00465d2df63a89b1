import { join } from 'node:path';
import test from 'ava';
import { folderWith } from '../cli.test.data.js';
import { cacheState } from './cache-state.js';

test('files are counted by what made them', async t => {
  const folder = await folderWith(t, {
    'cache/gguf/a/b/model': 'xyz',
    'cache/gguf/c': 'x',
    'cache/lone': '12',
  });
  const { parts, free } = await cacheState(join(folder, 'cache'));
  t.deepEqual(parts, { gguf: { files: 2, bytes: 4 }, lone: { files: 1, bytes: 2 } });
  t.true(free! > 0);
});

test('a folder that is not there is empty, on the disk where it would be', async t => {
  const folder = join(await folderWith(t, {}), 'not', 'yet');
  const state = await cacheState(folder);
  t.deepEqual(state.parts, {});
  t.true(state.free! > 0);
});
