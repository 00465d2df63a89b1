import type { ResolvedConfig } from '../config/schema.js';
import type { BatchStream } from '../data/batch-stream.js';
import type { Sequence } from '../data/sequence.js';
import type { RemovalGroup, SaliencyMap, Selection } from '../domain/removal-group.js';
import type { Graph } from '../graph/graph.js';
import type { LiveModel } from '../model/live-model.js';
import type { WrittenWeights } from '../model/written-weights.js';
import type { RunContext } from '../run-context.js';
import { createToken } from '../token.js';
import type { Gates } from '../training/loss-meter.js';
import type { TrainingLoss } from './objective.js';

/** What an optimizer is given. */
export interface PruneTask {
  readonly run: RunContext;
  /** The dense model; its adapter is the optimizer's to train. */
  readonly model: LiveModel;
  /** Groups that may be cut: prunable, of the wanted kinds, not protected. */
  readonly groups: readonly RemovalGroup[];
  /** Base parameters to remove. */
  readonly quota: number;
  /** The run's calibration sequences, all of one length. */
  readonly calibration: readonly Sequence[];
  /** Training tokens of the whole run; the optimizer may use a part, recovery has the rest. */
  readonly tokens: number;
  /** Training batches of all sources, the same for every method at the same seed. */
  readonly batches: BatchStream;
  /** What training lowers, of a logits graph for `batches.shape`: by the active objective, else the cross-entropy. */
  loss(student: Graph): TrainingLoss;
  /**
   * Scores with the active scorer, on a model as it stands.
   * @param gates close units that are gone; all of a group's, whatever is cut
   * @param cut units that `model` lacks already (`cutModel`); default none. They have the score 0
   * @param sequences what signals are measured on; default: the run's calibration sequences
   */
  score(
    model: LiveModel,
    gates?: Gates,
    cut?: Selection,
    sequences?: readonly Sequence[],
  ): Promise<SaliencyMap>;
  /**
   * The active repair, on the calibration sequences and a model as it stands: for optimizers that let survivors take over
   * while units fade. They say so by `repaired`. Undefined where none is chosen.
   * @param removed all units that are to be gone, with those that are
   * @param gates close units that are gone; all of a group's, whatever is cut
   * @param cut units that `model` lacks already (`cutModel`); default none
   * @returns `model` with other `changed` weights
   */
  readonly repair?: (
    model: LiveModel,
    removed: Selection,
    gates?: Gates,
    cut?: Selection,
  ) => Promise<LiveModel>;
  /** The least salient units up to `quota` parameters, within the run's limits and through the `selection` hook. */
  select(saliency: SaliencyMap, quota: number, already?: Selection): Promise<Selection>;
}

export interface LossPoint {
  readonly step: number;
  /** What training lowers: {@link PruneTask.loss}. */
  readonly loss: number;
}

export interface PruneOutcome {
  readonly removed: Selection;
  /**
   * The model with the trained adapter and, where a method changed base weights, those. Nothing is cut: of a method that
   * has trained a smaller model, the arrays are in the shapes of the dense one again (`arrayCuts`).
   */
  readonly model: LiveModel;
  /** Whether survivors have taken over what is removed, so that the cut must not repair it again; default false. */
  readonly repaired?: boolean;
  /** Training tokens used. */
  readonly tokens: number;
  readonly losses: readonly LossPoint[];
  /** What a method that removes weights has done. */
  readonly masked?: Masked;
}

/** Weight matrices of which single entries are zero. */
export interface Masked {
  /** Where they lie: the model reads them from there. */
  readonly written: readonly WrittenWeights[];
  /** Entries of the matrices, and those of them that are zero. */
  readonly weights: number;
  readonly zeros: number;
}

/** Port: decides what is removed, and trains while it does. */
export interface PruneOptimizer {
  /** False for one that never trains: the model may then be larger than the memory. Default true. */
  readonly trains?: boolean;
  /**
   * `units` leave a smaller model. `weights` are single ones that become zero: the model keeps its shapes, and the run
   * has no recovery, repair or allocation. Default `units`.
   */
  readonly removes?: 'units' | 'weights';
  /**
   * Refuses what it cannot prune, before anything is measured.
   * @param groups that may be cut, whatever the knowledge analysis will say
   * @throws SecateurError
   */
  check?(config: ResolvedConfig, model: LiveModel, groups: readonly RemovalGroup[]): void;
  prune(task: PruneTask): Promise<PruneOutcome>;
}
export const PruneOptimizer = createToken<PruneOptimizer>('optimizer');
