import { access } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Clock,
  executeRun,
  type LogEntry,
  openSession,
  type Plugin,
  type ProgressEvent,
  type Resolved,
  resumeRun,
} from '@secateur/core';
import { cachedAnswers } from '../eval/answer-file.js';
import { saveInvocation } from '../invocation.js';
import { resolveInvocation } from '../open.js';
import { progressOf } from '../progress.js';
import type { Cell } from './cell.js';
import { cellOf } from './cell-of-report.js';
import { measureSpeed } from './measure-speed.js';
import type { CellTask } from './messages.js';

/** What a cell may touch of the world. */
export interface CellWorld {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onProgress: (event: ProgressEvent) => void;
  readonly onLog: (entry: LogEntry) => void;
}

/** Runs one cell to its end in this process, and measures what came out. */
export const runCell = async (
  { name, cwd, file, flags, resume }: CellTask,
  world: CellWorld,
): Promise<Cell> => {
  const { clock, signal } = world;
  const resolved = telling(
    await resolveInvocation({ config: file ?? undefined, flags, requires: 'model' }, { cwd, clock }),
    world,
  );
  const { config } = resolved;
  const resumed = resume && (await exists(join(config.out, 'run.json')));
  const session = await openSession(resolved);
  const report = resumed
    ? await resumeRun(session, { signal, clock, answers: cachedAnswers })
    : await executeRun(session, {
        signal,
        clock,
        force: true,
        invocation: saveInvocation(resolved, flags, cwd),
        answers: cachedAnswers,
      });
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  // The run has shut its session down.
  const again = await openSession(resolved);
  try {
    const speed = await progressOf(again, { clock }, 'speed', 'Measure the speed', () =>
      measureSpeed(again, {
        dense: config.model,
        pruned: join(config.out, report.output.model),
        clock,
        signal,
      }),
    );
    return cellOf(name, report, config, { speed, resumed, peakBytes });
  } finally {
    await again.hooks.shutdown.promise();
  }
};

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

/**
 * The terminal belongs to the process above: its reporter gives way to one that tells. It keeps its name and options, by
 * which `resume` knows the run again.
 */
const telling = (resolved: Resolved, { onProgress, onLog }: CellWorld): Resolved => ({
  ...resolved,
  plugins: resolved.plugins.map(
    (plugin): Plugin =>
      plugin.name === 'reporter-terminal'
        ? {
            ...plugin,
            apply: ({ hooks }) => {
              hooks.progress.tap(onProgress);
              hooks.log.tap(entry => {
                onLog(entry);
                return undefined;
              });
            },
          }
        : plugin,
  ),
});
