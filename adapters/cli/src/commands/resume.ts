import { openSession, resumeRun } from '@secateur/core';
import type { Command } from 'commander';
import type { Console } from '../console.js';
import { cachedAnswers } from '../eval/answer-file.js';
import { reopenInvocation } from '../invocation.js';
import { absolute } from '../options.js';
import { finish } from '../summary.js';

/** `secateur resume`: goes on with a run that was stopped or killed. */
export const resume = (root: Command, console: Console): void => {
  root
    .command('resume')
    .description('go on with a run that was stopped or killed')
    .argument('<folder>', 'folder of the run')
    .option('--timings', 'print the time that plugins spent in hooks')
    .action(async (folder: string, { timings = false }: { timings?: boolean }) => {
      const session = await openSession(await reopenInvocation(absolute(console.cwd, folder), console));
      await finish(console, session, timings, () =>
        resumeRun(session, { signal: console.signal, clock: console.clock, answers: cachedAnswers }),
      );
    });
};
