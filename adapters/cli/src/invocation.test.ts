import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '@secateur/core';
import test, { type ExecutionContext } from 'ava';
import { folderWith } from './cli.test.data.js';
import type { Console } from './console.js';
import { reopenInvocation, saveInvocation } from './invocation.js';
import { resolveInvocation } from './open.js';

const consoleIn = (cwd: string): Console => ({
  out: () => {},
  err: () => {},
  cwd,
  clock: systemClock,
  signal: new AbortController().signal,
  live: false,
});

/** A project with a run that was begun in it. */
const begun = async (t: ExecutionContext): Promise<{ cwd: string; run: string }> => {
  const cwd = await folderWith(t, { 'prune.config.json': '{ "model": "m", "train": { "tokens": 1000 } }' });
  const run = join(cwd, 'run');
  const flags = { prune: { ratio: 0.3 } };
  const resolved = await resolveInvocation({ flags }, consoleIn(cwd));
  await mkdir(run);
  await writeFile(
    join(run, 'run.json'),
    JSON.stringify({ invocation: saveInvocation(resolved, flags, cwd) }),
  );
  return { cwd, run };
};

test('a run is opened again as it was, from another folder too', async t => {
  const { cwd, run } = await begun(t);
  const { config, provenance } = await reopenInvocation(run, consoleIn('/'));
  t.is(config.model, join(cwd, 'm'));
  t.is(config.out, run);
  t.is(config.prune.ratio, 0.3);
  t.is(provenance.get('prune.ratio'), 'flag --ratio');
});

test('a configuration that has changed since is E_RESUME and says what changed', async t => {
  const { cwd, run } = await begun(t);
  await writeFile(
    join(cwd, 'prune.config.json'),
    '{ "model": "m", "train": { "tokens": 2000, "batch": 4 } }',
  );
  const error = await t.throwsAsync(reopenInvocation(run, consoleIn(cwd)), { code: 'E_RESUME' });
  t.regex(error?.message ?? '', /begun: train\.tokens, train\.batch, train\.microBatch$/);
});

test('a folder without a run, or with a damaged one, is E_RESUME', async t => {
  const { cwd, run } = await begun(t);
  await t.throwsAsync(reopenInvocation(join(cwd, 'nowhere'), consoleIn(cwd)), { code: 'E_RESUME' });
  const kept = await readFile(join(run, 'run.json'), 'utf8');
  for (const content of ['{}', kept.replace('"cwd"', '"dir"'), kept.slice(0, 40)]) {
    await writeFile(join(run, 'run.json'), content);
    await t.throwsAsync(reopenInvocation(run, consoleIn(cwd)), { code: 'E_RESUME' }, content);
  }
});
