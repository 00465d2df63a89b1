import type { LossPoint } from '../ports/prune-optimizer.js';
import type { RecoveryRound } from '../ports/recovery.js';
import type { LayerSizes } from '../ports/tracer.js';
import type { KnowledgeRow } from './knowledge.js';
import type { TaskScore } from './task-score.js';

/** Before and after, with the share that is gone. */
export interface Change {
  readonly before: number;
  readonly after: number;
}

/** A plugin as a run had it. */
export interface PluginRecord {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** `report.json` of a run; documented in docs/report.md. */
export interface Report {
  readonly version: 1;
  readonly preset: string;
  readonly seed: number;
  /** The resolved configuration without its paths. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The plugins that filled a port of this run or listened to its hooks alone. */
  readonly plugins: readonly PluginRecord[];
  /** Base parameters of the whole model, and of its blocks alone. */
  readonly parameters: Change & { readonly blocks: Change };
  /** `unstructured`: no unit is cut, single weights are zero. What is compared must be of one class. */
  readonly class: 'structured' | 'unstructured';
  /** Share of the pruned weight matrices' entries that is zero; null for a structured run. */
  readonly sparsity: number | null;
  /** Shares removed: of the blocks' and of all parameters. */
  readonly removed: { readonly blocks: number; readonly model: number };
  /** FLOPs of one forward pass over one sequence of `flops.sequence` tokens. */
  readonly flops: Change & { readonly sequence: number };
  /** By source; all three on the validation split in chunks of `chunk` tokens. */
  readonly perplexity: Readonly<
    Record<
      string,
      {
        readonly dense: number;
        readonly pruned: number;
        readonly recovered: number;
        readonly tokens: number;
        readonly chunk: number;
      }
    >
  >;
  /** By task that the run asked; empty where it asked none. */
  readonly tasks: Readonly<
    Record<string, { readonly [State in 'dense' | 'pruned' | 'recovered']: TaskScore }>
  >;
  /** Largest absolute difference of logits: model with closed gates against the cut model. */
  readonly check: { readonly maskedVsCompact: number; readonly writtenVsCompact: number };
  readonly layers: readonly (LayerSizes & { readonly before: LayerSizes })[];
  readonly knowledge: readonly KnowledgeRow[];
  readonly removedUnits: Readonly<Record<string, readonly number[]>>;
  readonly training: {
    readonly tokens: { readonly pruning: number; readonly recovery: number };
    /** By source: share of the training positions that holds no text. */
    readonly padding: Readonly<Record<string, number>>;
    readonly losses: { readonly pruning: readonly LossPoint[]; readonly recovery: readonly LossPoint[] };
    readonly rounds: readonly RecoveryRound[];
  };
  readonly stages: readonly StageRecord[];
  readonly inputs: {
    readonly model: string;
    readonly adapter: string | null;
    readonly text: Readonly<Record<string, string>>;
    readonly tasks?: Readonly<Record<string, string>>;
  };
  readonly versions: Readonly<Record<string, string>>;
  readonly engine: {
    readonly name: string;
    readonly version: string;
    readonly device: string;
    /** Null for the CPU. */
    readonly driver: string | null;
    readonly threads: number;
    /** Whether the weights of one piece of the model were in memory at a time. */
    readonly streamed: boolean;
  };
  /** Below the run's folder, with forward slashes. */
  readonly output: {
    readonly model: string;
    readonly adapter: string | null;
    /** Files for other runtimes. */
    readonly files: readonly string[];
    /** What a user should know about what was written. */
    readonly notes: readonly string[];
  };
}

export interface StageRecord {
  readonly name: string;
  readonly seconds: number;
  /** Largest resident memory seen during the stage, sampled. */
  readonly peakBytes: number;
}
