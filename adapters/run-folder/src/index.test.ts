import { openSession, RunStorage, resolveConfig } from '@secateur/core';
import test from 'ava';
import runFolder, { folderStorage } from './index.js';

test('as a plugin it fills the port of the run storage', async t => {
  const session = await openSession({
    ...resolveConfig({ flags: {}, cwd: '/', clock: { now: () => 0 }, requires: 'nothing' }),
    plugins: [runFolder()],
  });
  t.is(session.active(RunStorage), folderStorage);
});
