import type { BatchShape } from '../data/sequence.js';
import type { Graph } from '../graph/graph.js';
import type { LiveModel } from '../model/live-model.js';
import { createToken } from '../token.js';
import type { Feeds } from './engine.js';
import type { SourceState } from './sampler.js';

/** A loss graph, and what it is fed beside the batch, the adapter and the changed weights of what is trained. */
export interface TrainingLoss {
  /** Output `loss`; inputs `targets` and `weights` beside those of the logits graph, as `withLoss` has them. */
  readonly graph: Graph;
  /** Arrays that are fed at every step and not trained, by name; the names of the trained model are taken. */
  readonly fixed: ReadonlyMap<string, Float32Array>;
  /**
   * What it feeds for the rows of one run where the caller knows how each source stands; `fixed` holds what goes for
   * rows of which nothing is known.
   * @param rows source of each row; rows that a run is short of are left out
   */
  guide?(rows: readonly SourceState[]): Feeds;
}

/** Port: what training lowers while it prunes and recovers. Measurements are in plain cross-entropy all the same. */
export interface Objective {
  /**
   * @param student logits graph of what is trained, with whatever gates or row scales fade it
   * @param dense the model before anything was removed, with its adapter as given
   * @param shape of a run of the engine, which `student` was made for
   */
  loss(student: Graph, dense: LiveModel, shape: BatchShape): TrainingLoss;
}
export const Objective = createToken<Objective>('objective');
