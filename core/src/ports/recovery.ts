import type { BatchStream } from '../data/batch-stream.js';
import type { SourceData } from '../data/sequence.js';
import type { Graph } from '../graph/graph.js';
import type { LiveModel } from '../model/live-model.js';
import type { RunContext } from '../run-context.js';
import { createToken } from '../token.js';
import type { TrainingLoss } from './objective.js';
import type { LossPoint } from './prune-optimizer.js';
import type { SourceState } from './sampler.js';

export interface RecoveryTask {
  readonly run: RunContext;
  /** The cut model; its adapter is trained further. */
  readonly model: LiveModel;
  readonly sources: readonly SourceData[];
  /** The model before anything was removed: what recovery measures loss against. */
  readonly dense: LiveModel;
  /** Training tokens to spend. */
  readonly tokens: number;
  readonly batches: BatchStream;
  /** What training lowers, of a logits graph for `batches.shape`: by the active objective, else the cross-entropy. */
  loss(student: Graph): TrainingLoss;
  /** Shares of the sources for a round: the active sampler, through the `mixture` hook. */
  mixture(sources: readonly SourceState[]): Promise<readonly number[]>;
}

/** One round: train on a mixture, then measure. */
export interface RecoveryRound {
  readonly stage: 'pretraining' | 'instruction';
  readonly round: number;
  readonly weights: Readonly<Record<string, number>>;
  /** Mean loss on the tuning split by source after the round, nats. */
  readonly losses: Readonly<Record<string, number>>;
  readonly tokens: number;
}

export interface RecoveryOutcome {
  readonly model: LiveModel;
  readonly rounds: readonly RecoveryRound[];
  readonly losses: readonly LossPoint[];
  readonly tokens: number;
}

/** Port: gives back to a cut model what it forgot. */
export interface Recovery {
  /** Refuses texts that it cannot do its work with, before anything is measured. */
  check?(sources: readonly SourceData[]): void;
  recover(task: RecoveryTask): Promise<RecoveryOutcome>;
}
export const Recovery = createToken<Recovery>('recovery');
