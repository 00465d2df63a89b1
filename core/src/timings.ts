import type { Clock } from './clock.js';

/** Time that one plugin spent in one hook. */
export interface Timing {
  readonly plugin: string;
  readonly hook: string;
  readonly calls: number;
  readonly milliseconds: number;
}

/** Sums time by plugin and hook. */
export interface Timings {
  /** Starts a watch; the function returned stops it. */
  start(plugin: string, hook: string): () => void;
  /** Longest first. */
  table(): readonly Timing[];
}

export const createTimings = (clock: Clock): Timings => {
  const sums = new Map<string, { plugin: string; hook: string; calls: number; milliseconds: number }>();
  return {
    start(plugin, hook) {
      const began = clock.now();
      return () => {
        const key = `${plugin}\0${hook}`;
        const sum = sums.get(key) ?? { plugin, hook, calls: 0, milliseconds: 0 };
        sum.calls++;
        sum.milliseconds += clock.now() - began;
        sums.set(key, sum);
      };
    },
    table: () => [...sums.values()].map(sum => ({ ...sum })).sort((a, b) => b.milliseconds - a.milliseconds),
  };
};
