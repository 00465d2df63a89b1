import { executeRun, openSession } from '@secateur/core';
import type { Command } from 'commander';
import type { Console } from '../console.js';
import { cachedAnswers } from '../eval/answer-file.js';
import { saveInvocation } from '../invocation.js';
import { resolveInvocation } from '../open.js';
import { configOption, flagLayer, type RunFlags, runOptions } from '../options.js';
import { finish } from '../summary.js';

type Options = RunFlags & { readonly config?: string; readonly force?: boolean; readonly timings?: boolean };

/** `secateur run`: the main job. */
export const run = (root: Command, console: Console): void => {
  const command = root.command('run').description('prune a model and recover it').addOption(configOption());
  for (const option of runOptions()) command.addOption(option);
  command
    .option('-f, --force', 'clear what a former run left in the output folder')
    .option('--timings', 'print the time that plugins spent in hooks')
    .action(async ({ config, force = false, timings = false, ...options }: Options) => {
      const flags = flagLayer(options);
      const resolved = await resolveInvocation({ config, flags, requires: 'model' }, console);
      const session = await openSession(resolved);
      await finish(console, session, timings, () =>
        executeRun(session, {
          signal: console.signal,
          clock: console.clock,
          force,
          invocation: saveInvocation(resolved, flags, console.cwd),
          answers: cachedAnswers,
        }),
      );
    });
};
