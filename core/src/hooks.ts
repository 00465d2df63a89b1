/**
 * The moments of a run. Ports answer "who" (exactly one), hooks answer "when" (zero or many listeners).
 *
 * `before*` and `after*` notify, adjectives and `should*` bail at the first answer, plain nouns are waterfalls: a
 * listener returns a new value, or nothing to leave it as it is. Async hooks run in series, since their listeners
 * may touch weights. Hot hooks are sync: they are called once per training step.
 */
import { AsyncSeriesHook, AsyncSeriesWaterfallHook, SyncBailHook, SyncHook } from 'tapable';
import type { ResolvedConfig } from './config/schema.js';
import type { LogEntry, ProgressEvent } from './domain/events.js';
import type { KnowledgeMap } from './domain/knowledge.js';
import type { RemovalGroup, SaliencyMap, Selection } from './domain/removal-group.js';
import type { LiveModel } from './model/live-model.js';
import type { SourceState } from './ports/sampler.js';
import type { RunContext } from './run-context.js';

/** `stage` of a listener that must come before the others, e.g. one that replaces what is given. */
export const EARLY = -100;
/** `stage` of a listener that does not say. */
export const NORMAL = 0;
/** `stage` of a listener that must see what the others made, e.g. a reporter. */
export const LATE = 100;

/** One round of score, select, fade. */
export interface Period {
  /** From 1. */
  readonly period: number;
  readonly periods: number;
  /** What this period takes out; empty before it was chosen. */
  readonly selection: Selection;
}

/** One optimizer step. */
export interface Step {
  /** Stage that trains: `prune`, `recover`. */
  readonly stage: string;
  /** From 1. */
  readonly step: number;
  readonly steps: number;
  /** Mean training loss in nats per token; absent before the step. */
  readonly loss?: number;
  readonly learningRate: number;
}

/** One recovery round. */
export interface Round {
  /** From 1. */
  readonly round: number;
  /** Loss on the tuning split of each text source, in nats per token. */
  readonly losses: Readonly<Record<string, number>>;
}

export type Hooks = ReturnType<typeof createHooks>;

/** All hooks of one run, frozen. Names beside `new` are for error messages and the timing table. */
export const createHooks = () =>
  Object.freeze({
    /** Sync. The configuration is final, nothing was opened yet. For reporters and reproducibility stamps. */
    configResolved: new SyncHook<[ResolvedConfig]>(['config'], 'configResolved'),
    /** Async, series. The run begins. For opening devices and caches. */
    initialize: new AsyncSeriesHook<[RunContext]>(['run'], 'initialize'),
    /** Async, waterfall. Removal groups as found by coupling. For merging or splitting groups. */
    groups: new AsyncSeriesWaterfallHook<[readonly RemovalGroup[], RunContext]>(['groups', 'run'], 'groups'),
    /** Sync, bail. May units of this group be cut? The first answer wins; none means yes. For vetoes. */
    prunable: new SyncBailHook<[RemovalGroup], boolean | undefined>(['group'], 'prunable'),
    /** Async, waterfall. After the knowledge analysis. For overriding what is protected. */
    knowledge: new AsyncSeriesWaterfallHook<[KnowledgeMap, RunContext]>(['knowledge', 'run'], 'knowledge'),
    /** Async, waterfall. Scores of every prunable group, 0 for units that are cut out already. For normalising or smoothing them. */
    saliency: new AsyncSeriesWaterfallHook<[SaliencyMap, RunContext]>(['saliency', 'run'], 'saliency'),
    /** Async, waterfall. Units chosen for removal. For rounding, least counts and caps per layer. */
    selection: new AsyncSeriesWaterfallHook<[Selection, RunContext]>(['selection', 'run'], 'selection'),
    /** Async, series. A pruning period begins. */
    beforePeriod: new AsyncSeriesHook<[Period, RunContext]>(['period', 'run'], 'beforePeriod'),
    /** Async, series. A pruning period ended. For plots and side checkpoints. */
    afterPeriod: new AsyncSeriesHook<[Period, RunContext]>(['period', 'run'], 'afterPeriod'),
    /** Sync, hot. An optimizer step begins. For probes of the learning rate. */
    beforeStep: new SyncHook<[Step]>(['step'], 'beforeStep'),
    /** Sync, hot. An optimizer step ended. For loss curves. */
    afterStep: new SyncHook<[Step]>(['step'], 'afterStep'),
    /**
     * Async, waterfall. The removal is final, nothing is cut yet: a model with other `changed` weights is cut instead. For
     * folding what goes into what stays.
     */
    cut: new AsyncSeriesWaterfallHook<[LiveModel, { readonly removed: Selection }, RunContext]>(
      ['model', 'cut', 'run'],
      'cut',
    ),
    /** Async, waterfall. Share of each text source in the next recovery round, in the order of `sources`. */
    mixture: new AsyncSeriesWaterfallHook<
      [readonly number[], { readonly sources: readonly SourceState[] }, RunContext]
    >(['weights', 'state', 'run'], 'mixture'),
    /** Async, series. A recovery round begins. */
    beforeRound: new AsyncSeriesHook<[Round, RunContext]>(['round', 'run'], 'beforeRound'),
    /** Async, series. A recovery round ended. */
    afterRound: new AsyncSeriesHook<[Round, RunContext]>(['round', 'run'], 'afterRound'),
    /** Async, series. A model was evaluated. For tables and regression gates. */
    evaluated: new AsyncSeriesHook<[Readonly<Record<string, unknown>>, RunContext]>(
      ['result', 'run'],
      'evaluated',
    ),
    /** Async, series. The model was written to `folder`. For exporters, plots and model cards. */
    emit: new AsyncSeriesHook<[{ readonly folder: string; readonly report: unknown }, RunContext]>(
      ['artifact', 'run'],
      'emit',
    ),
    /** Sync. A stage began, went on or ended. For reporters. */
    progress: new SyncHook<[ProgressEvent]>(['event'], 'progress'),
    /** Sync, bail. Somebody has something to say; true swallows it. For filters (EARLY) and reporters (LATE). */
    log: new SyncBailHook<[LogEntry], true | undefined>(['entry'], 'log'),
    /** Async, series. The run succeeded. For notifications. */
    done: new AsyncSeriesHook<[{ readonly report: unknown }]>(['result'], 'done'),
    /** Sync. The run failed with this error. For notifications. */
    failed: new SyncHook<[unknown]>(['error'], 'failed'),
    /** Async, series. Last plugin first; always called at the end. For freeing devices. */
    shutdown: new AsyncSeriesHook<[]>([], 'shutdown'),
  });
