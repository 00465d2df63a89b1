import type { TaskScore } from '@secateur/core';
import type { Machine } from '../doctor/machine.js';
import { type Interval, intervalOf } from '../statistics/interval.js';
import type { Cell, FailedCell } from './cell.js';
import type { Tuned } from './choose-rate.js';
import { otherInputs, type Unequal, unequalParameters, unequalTokens } from './equality.js';
import { type RecoveryTokens, tokensFor } from './recovery-tokens.js';
import { type MeanIntervals, meanIntervals, type TaskInterval, taskIntervals } from './task-intervals.js';

/** What a comparison was asked for. */
export interface Settings extends RecoveryTokens {
  readonly presets: readonly string[];
  readonly ratios: readonly number[];
  readonly seeds: readonly number[];
  /** Learning rates that were tried; null where none was tuned. */
  readonly rates: readonly number[] | null;
}

/** One preset at one ratio, over all seeds. */
export interface Row {
  readonly preset: string;
  readonly class: string;
  readonly ratio: number;
  readonly seeds: readonly number[];
  /** The tuned learning rate; null where none was tuned. */
  readonly tuned: Tuned | null;
  /** Means of what remains: parameters of the whole model, FLOPs of a forward pass. */
  readonly parameters: number;
  readonly flops: number;
  readonly perplexity: Readonly<Record<string, { readonly pruned: Interval; readonly recovered: Interval }>>;
  /** Geometric mean over the sources: exp of the mean loss. */
  readonly meanPerplexity: { readonly pruned: Interval; readonly recovered: Interval };
  /** Of the recovered model, by task; none where none was asked. */
  readonly tasks: Readonly<Record<string, TaskInterval>>;
  /** Over the tasks with choices; null without such. */
  readonly taskMeans: MeanIntervals | null;
  /** Tokens per second of the written model by those of the dense one. */
  readonly speed: Interval;
  /** Means, in seconds. */
  readonly seconds: { readonly run: number; readonly training: number };
  /** The largest. */
  readonly peakBytes: number;
  /** Training tokens: the mean. */
  readonly tokens: number;
}

/** `compare.json`. */
export interface CompareRecord {
  readonly version: 1;
  readonly command: string;
  /** ISO 8601, in UTC. */
  readonly date: string;
  readonly machine: { readonly system: string; readonly processor: string; readonly threads: number };
  readonly versions: Readonly<Record<string, string>>;
  readonly settings: Settings;
  /** Tokens that a perplexity is measured on at a time. */
  readonly chunk: number;
  /** Tokens of a sequence that FLOPs are of. */
  readonly sequence: number;
  /** What is not equal, so that the table must not be read as a comparison. Empty lists are as it should be. */
  readonly unequal: {
    readonly parameters: readonly Unequal[];
    /** Null where tokens were not asked to be equal. */
    readonly tokens: readonly Unequal[] | null;
    /** Cells that read other inputs than the first one. */
    readonly inputs: readonly string[];
  };
  /** The model before anything was removed. */
  readonly dense: {
    readonly parameters: number;
    readonly flops: number;
    readonly perplexity: Readonly<Record<string, number>>;
    /** Geometric mean over the sources. */
    readonly meanPerplexity: number;
    readonly tasks: Readonly<Record<string, TaskScore>>;
    /** Mean over the cells. */
    readonly tokensPerSecond: number;
  };
  readonly rows: readonly Row[];
  /** Every run that a row is made of. */
  readonly cells: readonly Cell[];
  /** Runs with the other rates. */
  readonly trials: readonly (Cell | FailedCell)[];
}

/** What the cells do not say. */
export interface Circumstances {
  readonly command: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly machine: Machine;
  readonly settings: Settings;
}

/** The cells of one row. */
export interface RowCells {
  readonly cells: readonly Cell[];
  readonly tuned: Tuned | null;
  readonly trials: readonly (Cell | FailedCell)[];
}

/** Everything that a comparison says, from the cells of its rows. There is at least one. */
export const recordOf = (
  groups: readonly RowCells[],
  { command, now, machine, settings }: Circumstances,
): CompareRecord => {
  const cells = groups.flatMap(group => group.cells);
  const first = cells[0]!;
  const sources = Object.entries(first.perplexity);
  return {
    version: 1,
    command,
    date: new Date(now).toISOString(),
    machine: {
      system: machine.system,
      processor: machine.processor.model,
      threads: machine.processor.threads,
    },
    versions: { ...first.versions, [first.engine.name]: first.engine.version },
    settings,
    chunk: sources[0]?.[1].chunk ?? 0,
    sequence: first.flops.sequence,
    unequal: {
      parameters: unequalParameters(cells),
      tokens:
        settings.recoveryTokens === null
          ? null
          : unequalTokens(cells, preset => tokensFor(settings, preset)!),
      inputs: otherInputs(cells),
    },
    dense: {
      parameters: first.parameters.before,
      flops: first.flops.before,
      perplexity: Object.fromEntries(sources.map(([name, { dense }]) => [name, dense])),
      meanPerplexity: geometricMean(sources.map(([, { dense }]) => dense)),
      tasks: scoresOf(first, 'dense'),
      tokensPerSecond: meanOf(cells, cell => cell.speed.dense),
    },
    rows: groups.map(rowOf),
    cells,
    trials: groups.flatMap(group => group.trials),
  };
};

const rowOf = ({ cells, tuned }: RowCells): Row => {
  const first = cells[0]!;
  const over = (value: (cell: Cell) => number): Interval => intervalOf(cells.map(value));
  return {
    preset: first.preset,
    class: first.class,
    ratio: first.ratio,
    seeds: cells.map(({ seed }) => seed),
    tuned,
    parameters: meanOf(cells, cell => cell.parameters.after),
    flops: meanOf(cells, cell => cell.flops.after),
    perplexity: Object.fromEntries(
      Object.keys(first.perplexity).map(name => [
        name,
        {
          pruned: over(cell => cell.perplexity[name]!.pruned),
          recovered: over(cell => cell.perplexity[name]!.recovered),
        },
      ]),
    ),
    meanPerplexity: {
      pruned: over(cell => geometricMean(Object.values(cell.perplexity).map(({ pruned }) => pruned))),
      recovered: over(cell =>
        geometricMean(Object.values(cell.perplexity).map(({ recovered }) => recovered)),
      ),
    },
    tasks: taskIntervals(cells.map(cell => scoresOf(cell, 'recovered'))),
    taskMeans: meanIntervals(cells.map(cell => scoresOf(cell, 'recovered'))),
    speed: over(cell => cell.speed.ratio),
    seconds: {
      run: meanOf(cells, cell => cell.seconds.run),
      training: meanOf(cells, cell => cell.seconds.training),
    },
    peakBytes: Math.max(...cells.map(({ peakBytes }) => peakBytes)),
    tokens: meanOf(cells, ({ tokens }) => tokens.pruning + tokens.recovery),
  };
};

/** What one of a run's models made of its tasks. */
const scoresOf = ({ tasks = {} }: Cell, state: 'dense' | 'recovered'): Readonly<Record<string, TaskScore>> =>
  Object.fromEntries(Object.entries(tasks).map(([name, scores]) => [name, scores[state]]));

const meanOf = (cells: readonly Cell[], value: (cell: Cell) => number): number =>
  cells.reduce((sum, cell) => sum + value(cell), 0) / cells.length;

/** exp of the mean logarithm: of perplexities, that of the mean loss. */
export const geometricMean = (values: readonly number[]): number =>
  Math.exp(values.reduce((sum, x) => sum + Math.log(x), 0) / values.length);
