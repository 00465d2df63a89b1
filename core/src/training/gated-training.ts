import { stepFeeds } from '../data/sequence.js';
import { gateName, insertGates } from '../graph/insert-gates.js';
import { LiveModel } from '../model/live-model.js';
import { cloneLora } from '../model/lora-state.js';
import type { Feeds } from '../ports/engine.js';
import type { PruneTask } from '../ports/prune-optimizer.js';
import { type AdapterState, adapterState, restoreAdapter } from './adapter-state.js';
import { type Gates, gateFeeds } from './loss-meter.js';
import { quantisedWeights } from './quantised-weights.js';
import { Trainer } from './trainer.js';

/** Below the run's folder: what training alone reads. Gone when it is over. */
const FOLDER = ['checkpoints', 'prune.frozen'] as const;

/** What one step tells. */
export interface GatedStep {
  /** Before the update, in nats per token. */
  readonly loss: number;
  /** d loss / d gate by group id, each [units], where it was asked for. */
  readonly byGate: ReadonlyMap<string, Float64Array>;
}

/** An adapter that is trained while gates scale or close units: for methods that write no base weight. */
export class GatedTraining {
  private constructor(
    private readonly task: PruneTask,
    /** The task's model with an adapter of its own, which is trained in place. */
    readonly model: LiveModel,
    private readonly trainer: Trainer,
    private readonly differentiated: boolean,
  ) {}

  /** @param options.byGate whether steps give the gradient by each gate; default false */
  static async open(
    task: PruneTask,
    { byGate = false }: { readonly byGate?: boolean } = {},
  ): Promise<GatedTraining> {
    const { run, groups, batches } = task;
    const { source, lora, changed } = task.model;
    const model = new LiveModel(source, cloneLora(lora), changed);
    const student = insertGates(model.graph(batches.shape), groups, batches.shape.batch);
    const file = run.store.path(...FOLDER, 'frozen.int8');
    const quantised = await quantisedWeights(run, model, student, file);
    const also = byGate ? groups.map(gateName) : [];
    const train = { ...run.config.train, quantised, also };
    const { graph, fixed } = task.loss(student);
    const given = new Map([...changed, ...fixed]);
    const trainer = await Trainer.open(run.engine, graph, model.lora.arrays, given, train);
    return new GatedTraining(task, model, trainer, byGate);
  }

  /** One update of the adapter on the run's batch of a step, with gates as given. */
  async step(step: number, gates: Gates, learningRate: number): Promise<GatedStep> {
    const { batches, groups } = this.task;
    const feeds: Feeds = gateFeeds(groups, gates, batches.shape.batch);
    const parts = stepFeeds(batches.at(step), batches.shape).map(part => ({ ...part, ...feeds }));
    const { loss, also } = await this.trainer.stepWith(parts, learningRate);
    const byGate = new Map<string, Float64Array>();
    if (this.differentiated)
      for (const group of groups) byGate.set(group.id, sumOfRows(also[gateName(group)]!.data, group.units));
    return { loss, byGate };
  }

  state(): AdapterState {
    return adapterState(this.model, this.trainer.optimizer);
  }

  restore(state: AdapterState): void {
    restoreAdapter(this.model, this.trainer.optimizer, state);
  }

  async close(): Promise<void> {
    await this.trainer.close();
    await this.task.run.store.removeFolder(...FOLDER);
  }
}

/** Σ over sequences of gradients [batch, units]: the gate is the same for all of them. */
const sumOfRows = (gradient: Float32Array, units: number): Float64Array => {
  const sum = new Float64Array(units);
  for (const [i, value] of gradient.entries()) sum[i % units]! += value;
  return sum;
};
