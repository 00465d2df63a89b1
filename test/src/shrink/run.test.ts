import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Report } from '@secateur/core';
import test from 'ava';
import { scratchFolder } from '../scratch.js';
import { shrinkingRun } from './run.test.data.js';

const modelOf = (run: string): Buffer => readFileSync(path.join(run, 'model/model.safetensors'));
const checkpoints = (run: string): string[] => readdirSync(path.join(run, 'checkpoints')).sort();
const shrunkFolders = (run: string): string[] => {
  const folder = path.join(run, 'checkpoints/prune.shrunk');
  return existsSync(folder) ? readdirSync(folder) : [];
};
const timeless = ({ stages: _, ...report }: Report) => report;

/** A run that is killed (SIGKILL) as soon as it has written what a period has left of the model. */
const killedAt = async (run: string, period: string): Promise<void> => {
  const script = fileURLToPath(new URL('./run.test.child.js', import.meta.url));
  const child = spawn(process.execPath, [script, run], { stdio: 'inherit' });
  const config = path.join(run, 'checkpoints/prune.shrunk', period, 'config.json');
  const watch = setInterval(() => existsSync(config) && child.kill('SIGKILL'), 1);
  const [, signal] = await once(child, 'close');
  clearInterval(watch);
  if (signal !== 'SIGKILL') throw new Error('the run was over before it could be killed');
};

test('a run that shrinks ends where one ends that does not, leaves nothing behind, and survives kills', async t => {
  const scratch = scratchFolder(t);
  const at = (name: string): string => path.join(scratch, name);
  const report = await shrinkingRun(at('whole'), true, 'run');
  t.true(report.check.maskedVsCompact < 1e-4);
  t.deepEqual(
    checkpoints(at('whole')).filter(name => !name.endsWith('.safetensors')),
    ['compact'],
  );

  const dense = await shrinkingRun(at('dense'), false, 'run');
  for (const [i, { loss }] of report.training.losses.pruning.entries())
    t.true(Math.abs(loss - dense.training.losses.pruning[i]!.loss) < 1e-4, `step ${i}`);
  for (const [name, { pruned }] of Object.entries(report.perplexity))
    t.true(Math.abs(pruned / dense.perplexity[name]!.pruned - 1) < 1e-3, name);

  for (const period of ['1', '2']) {
    const killed = at(`killed-${period}`);
    await killedAt(killed, period);
    t.true(shrunkFolders(killed).includes(period));
    const resumed = await shrinkingRun(killed, true, 'resume');
    t.deepEqual(timeless(resumed), timeless(report), `killed at ${period}`);
    t.true(modelOf(killed).equals(modelOf(at('whole'))), `killed at ${period}`);
    t.deepEqual(checkpoints(killed), checkpoints(at('whole')));
  }
});
