import type { Session } from '@secateur/core';
import type { Console } from './console.js';

/** Shows a piece of work as a stage: its title while it lasts, and how far it is. */
export const progressOf = async <T>(
  { hooks }: Session,
  { clock }: Pick<Console, 'clock'>,
  stage: string,
  title: string,
  work: (onProgress: (done: number, total: number, unit: string, note?: string) => void) => Promise<T>,
): Promise<T> => {
  const start = clock.now();
  hooks.progress.call({ kind: 'stage-start', stage, title });
  const result = await work((done, total, unit, note) =>
    hooks.progress.call({
      kind: 'progress',
      stage,
      done,
      total,
      unit,
      ...(note === undefined ? {} : { note }),
    }),
  );
  const seconds = (clock.now() - start) / 1000;
  hooks.progress.call({ kind: 'stage-end', stage, seconds, peakBytes: process.memoryUsage.rss() });
  return result;
};
