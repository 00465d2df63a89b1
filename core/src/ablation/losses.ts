import type { Sequence } from '../data/sequence.js';
import { withLoss } from '../graph/with-loss.js';
import { LiveModel } from '../model/live-model.js';
import { withoutIdle } from '../model/lora-state.js';
import type { Engine } from '../ports/engine.js';
import { batchesOf, batchShapeOf, LossBatch, type LossBatchShape } from './loss-batch.js';
import { type AblationPlan, bytesPerBatch, type Candidate, flopsOfPlan, planAblation } from './plan.js';
import { Walk } from './walk.js';

export interface AblationTask {
  readonly engine: Engine;
  readonly model: LiveModel;
  readonly candidates: readonly Candidate[];
  /** All of one length. */
  readonly sequences: readonly Sequence[];
  readonly signal?: AbortSignal | undefined;
  /** Told behind each run of the engine: the share of the operations that is done, and the group at work. */
  readonly onProgress?: ((share: number, group: string | undefined) => void) | undefined;
  /** Tokens that a run of the engine may hold, one sequence at least. Default, and most that are taken: 1024. */
  readonly tokensPerRun?: number;
  /** Bytes of hidden states beyond which the sequences are taken in slices, each a walk of its own. Default 1 GiB. */
  readonly memory?: number;
}

/** Mean losses in nats per counted token. */
export interface AblationLosses {
  readonly dense: number;
  /** In the order of the candidates. */
  readonly candidates: readonly number[];
}

/**
 * The loss of a model with some units closed, for many candidates: the numbers that a forward pass of the whole model
 * would give for each, at the cost of what lies behind the closed units. Candidates that close the same are one.
 */
export const ablationLosses = async (task: AblationTask): Promise<AblationLosses> => {
  const { model, plan, shape, candidates } = prepare(task);
  const batches = batchesOf(task.sequences, shape.rows).map(rows => new LossBatch(rows, shape));
  const total = flopsOfPlan(plan, batches.length);
  let done = 0;
  const onRun = (flops: number, group: string | undefined): void => {
    done += flops;
    task.onProgress?.(done / total, group);
  };
  const walk = new Walk({ engine: task.engine, model, plan, rows: shape.rows, signal: task.signal, onRun });
  const fitting = Math.floor((task.memory ?? 2 ** 30) / bytesPerBatch(plan));
  for (const slice of batchesOf(batches, Math.max(1, Math.min(fitting, batches.length))))
    await walk.over(slice);
  const weight = batches.reduce((sum, batch) => sum + batch.weight, 0);
  const mean = (loss = 0): number => loss / Math.max(1, weight);
  return { dense: mean(walk.dense), candidates: candidates.map(one => mean(walk.losses.get(one))) };
};

/** Floating point operations that the losses of a task take, a multiply-add counted as 2. Reads no weights. */
export const ablationFlops = (task: Omit<AblationTask, 'engine'>): number => {
  const { plan, shape } = prepare(task);
  return flopsOfPlan(plan, Math.ceil(task.sequences.length / shape.rows));
};

interface Prepared {
  readonly model: LiveModel;
  readonly plan: AblationPlan;
  readonly shape: LossBatchShape;
  /** Those of the task; of any that close the same, the first stands for all. */
  readonly candidates: readonly Candidate[];
}

/** A token is cheapest in runs of this many, on a model of 1 and on one of 135 million parameters. */
const fastest = 1024;

const prepare = (task: Omit<AblationTask, 'engine'>): Prepared => {
  const tokensPerRun = Math.min(fastest, task.tokensPerRun ?? fastest);
  const first = new Map<string, Candidate>();
  const candidates = task.candidates.map(candidate => {
    const key = `${candidate.group.id}: ${candidate.closed.toSorted((a, b) => a - b)}`;
    const known = first.get(key) ?? candidate;
    first.set(key, known);
    return known;
  });
  // An adapter that has not been trained would be computed for nothing.
  const model = new LiveModel(task.model.source, withoutIdle(task.model.lora), task.model.changed);
  const shape = batchShapeOf(task.sequences, tokensPerRun);
  const { rows, length, count, documents } = shape;
  const lossGraph = (copies: number) =>
    withLoss(
      model.graph({ batch: copies * rows, sequence: length, documents }),
      count === undefined ? undefined : copies * count,
    );
  const most = tokensPerRun / (rows * length);
  return { model, shape, candidates, plan: planAblation([...first.values()], lossGraph, { rows, most }) };
};
