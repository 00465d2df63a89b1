import type { Session } from '../session.js';

/** Shows an import as a stage of its own; what is in the cache already has nothing to show. */
export const showImport = ({ hooks: { progress } }: Pick<Session, 'hooks'>, title: string) => {
  const stage = 'import';
  let start: number | undefined;
  return {
    onProgress(done: number, total: number, unit: string): void {
      if (start === undefined) {
        start = performance.now();
        progress.call({ kind: 'stage-start', stage, title });
      }
      progress.call({ kind: 'progress', stage, done, total, unit });
    },
    end(): void {
      if (start === undefined) return;
      const seconds = (performance.now() - start) / 1000;
      progress.call({ kind: 'stage-end', stage, seconds, peakBytes: process.memoryUsage.rss() });
    },
  };
};
