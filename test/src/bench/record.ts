import type { Planned } from './planned.js';
import type { Failed, Shown } from './race.js';
import { forwardFlops, type Size, stepFlops, tokensOf } from './sizes.js';
import { median } from './statistics.js';

/** One size, raced. */
export interface Race {
  readonly name: string;
  readonly size: Size;
  /** Best rates of float32 products in GFLOPS right behind the race, by what computes them. */
  readonly peaks: Readonly<Record<string, number>>;
  /** Processes that wanted to run over one minute, before: more than 0 is a busy machine. */
  readonly load: number;
  readonly weightBytes: number;
  readonly planned: Planned;
  /** Carrying LoRA to the engine's thread and gradients back, within the step. */
  readonly transferSeconds: number;
  /** The first is secateur. */
  readonly contenders: readonly (Shown | Failed)[];
}

/** One curve: the same model with one extent growing, which is the name of each race. */
export interface Growth {
  readonly extent: 'layers' | 'sequence' | 'batch';
  readonly races: readonly Race[];
}

/** What `npm run bench` measures: `--json` prints it, `--write` keeps it. */
export interface BenchRecord {
  readonly machine: {
    readonly processor: string;
    readonly threads: number;
    readonly node: string;
  };
  readonly races: readonly Race[];
  readonly growth: readonly Growth[];
}

export const hasFailed = (contender: Shown | Failed): contender is Failed => 'failed' in contender;

/** The highest of all peaks: that of the machine, as far as anyone reached it. */
export const highestPeak = ({ peaks }: Race): number => Math.max(...Object.values(peaks));

/** Figures of one contender that follow from what was measured. */
export interface Figures {
  /** Median. */
  readonly stepSeconds: number;
  readonly leastSeconds: number;
  readonly tokensPerSecond: number;
  readonly gflops: number;
  readonly fractionOfPeak: number;
  /** Median over the rounds of its time divided by that of the first contender in the same round. */
  readonly slowdown: number;
  /** Peak memory of the first contender divided by its own. */
  readonly memoryRatio: number;
  readonly forwardSeconds: number | undefined;
  readonly forwardGflops: number | undefined;
  readonly forwardSlowdown: number | undefined;
}

export const figuresOf = (race: Race, shown: Shown): Figures => {
  const { size } = race;
  const first = race.contenders[0] as Shown;
  const stepSeconds = median(shown.seconds);
  const gflops = stepFlops(size) / stepSeconds / 1e9;
  const { forwardSeconds: passes } = shown;
  return {
    stepSeconds,
    leastSeconds: Math.min(...shown.seconds),
    tokensPerSecond: tokensOf(size) / stepSeconds,
    gflops,
    fractionOfPeak: gflops / highestPeak(race),
    slowdown: slowdown(shown.seconds, first.seconds),
    memoryRatio: first.memory.peak / shown.memory.peak,
    forwardSeconds: passes && median(passes),
    forwardGflops: passes && forwardFlops(size) / median(passes) / 1e9,
    forwardSlowdown: passes && slowdown(passes, first.forwardSeconds!),
  };
};

const slowdown = (seconds: readonly number[], others: readonly number[]): number =>
  median(seconds.map((taken, round) => taken / others[round]!));
