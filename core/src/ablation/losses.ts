import type { Sequence } from '../data/sequence.js';
import { closedRole } from '../graph/close-columns.js';
import { flopsOf } from '../graph/flops.js';
import { gateName } from '../graph/insert-gates.js';
import { withLoss } from '../graph/with-loss.js';
import { LiveModel } from '../model/live-model.js';
import { withoutIdle } from '../model/lora-state.js';
import type { Engine, Feeds, Tensor } from '../ports/engine.js';
import { gateFeeds } from '../training/loss-meter.js';
import { batchesOf, batchShapeOf, LossBatch, type LossBatchShape, stack } from './loss-batch.js';
import {
  type AblationPlan,
  type AblationStep,
  bytesPerBatch,
  type Candidate,
  flopsOfPlan,
  planAblation,
} from './plan.js';
import { runBatches } from './run-batches.js';

export interface AblationTask {
  readonly engine: Engine;
  readonly model: LiveModel;
  readonly candidates: readonly Candidate[];
  /** All of one length. */
  readonly sequences: readonly Sequence[];
  readonly signal?: AbortSignal | undefined;
  /** Told behind each run of the engine: the share of the operations that is done, and the group at work. */
  readonly onProgress?: ((share: number, group: string | undefined) => void) | undefined;
  /** Tokens that a run of the engine holds at most, one sequence at least. Default 2048. */
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
  const { sequences, tokensPerRun = 2048 } = task;
  const keys = task.candidates.map(
    ({ group, closed }) => `${group.id}: ${[...closed].sort((a, b) => a - b)}`,
  );
  const distinct = [...new Map(task.candidates.map((candidate, i) => [keys[i]!, candidate]))];
  // An adapter that has not been trained would be computed for nothing.
  const model = new LiveModel(task.model.source, withoutIdle(task.model.lora), task.model.changed);
  const shape = batchShapeOf(sequences, tokensPerRun);
  const plan = planAblation(
    distinct.map(([, candidate]) => candidate),
    copies => lossGraph(model, shape, copies),
    { rows: shape.rows, most: tokensPerRun / (shape.rows * shape.length) },
  );
  const batches = batchesOf(sequences, shape.rows).map(rows => new LossBatch(rows, shape));
  const walk = new Walk({ ...task, model }, plan, shape, flopsOfPlan(plan, batches.length));
  const fitting = Math.floor((task.memory ?? 2 ** 30) / bytesPerBatch(plan));
  for (const slice of batchesOf(batches, Math.max(1, Math.min(fitting, batches.length))))
    await walk.over(slice);
  const tokens = Math.max(
    1,
    batches.reduce((sum, { weight }) => sum + weight, 0),
  );
  const byKey = new Map(distinct.map(([key, candidate]) => [key, (walk.sums.get(candidate) ?? 0) / tokens]));
  return { dense: walk.dense / tokens, candidates: keys.map(key => byKey.get(key)!) };
};

const lossGraph = (model: LiveModel, { rows, length, count, documents }: LossBatchShape, copies: number) =>
  withLoss(
    model.graph({ batch: copies * rows, sequence: length, documents }),
    count === undefined ? undefined : copies * count,
  );

/** Goes through the plan once for each slice of the batches, and adds up what they lose. */
class Walk {
  readonly sums = new Map<Candidate, number>();
  dense = 0;
  #done = 0;

  constructor(
    private readonly task: AblationTask,
    private readonly plan: AblationPlan,
    private readonly shape: LossBatchShape,
    /** Operations in all. */
    private readonly total: number,
  ) {}

  async over(batches: readonly LossBatch[]): Promise<void> {
    let states: readonly Feeds[] = batches.map(() => ({}));
    for (const step of this.plan.steps) {
      const outputs = await this.#run(step.advance, feedsOf(batches, states), step);
      states = outputs.map(all => Object.fromEntries(step.live.map(name => [name, all[name]!])));
      await this.#closed(step, batches, outputs);
    }
    const finished = await this.#run(this.plan.finish, feedsOf(batches, states));
    for (const [i, { nll }] of finished.entries()) this.dense += batches[i]!.sum(nll!, 0);
  }

  /** The losses of the candidates of a step, from what passes its place. */
  async #closed(step: AblationStep, batches: readonly LossBatch[], states: readonly Feeds[]): Promise<void> {
    const { candidates, together, live, output } = step;
    const runs = batches.flatMap((batch, i) =>
      batchesOf([...candidates.keys()], together).map(members => ({ batch, state: states[i]!, members })),
    );
    const feeds = runs.map(({ batch, state, members }) => ({
      ...batch.feeds(together),
      ...Object.fromEntries(
        live.map(name => [
          name,
          stack(members.map(member => state[name === output ? closedRole(member) : name]!)),
        ]),
      ),
      ...this.#gates(step, members),
    }));
    const outputs = await this.#run(step.rest, feeds, step);
    for (const [i, { nll }] of outputs.entries())
      for (const [copy, member] of runs[i]!.members.entries()) {
        const candidate = candidates[member]!;
        this.sums.set(candidate, (this.sums.get(candidate) ?? 0) + runs[i]!.batch.sum(nll!, copy));
      }
  }

  /** For a second layer that reads the weight behind the closed units; most graphs have none, and no gates. */
  #gates({ candidates, rest }: AblationStep, members: readonly number[]): Feeds {
    const groups = new Set(candidates.map(({ group }) => group));
    const gated = [...groups].filter(group => rest.inputs.includes(gateName(group)));
    const each = members.map(member => {
      const { group, closed } = candidates[member]!;
      const gates = new Float32Array(group.units).fill(1);
      for (const unit of closed) gates[unit] = 0;
      return gateFeeds(gated, new Map([[group.id, gates]]), this.shape.rows);
    });
    return Object.fromEntries(
      gated.map(gateName).map(name => [name, stack(each.map(feeds => feeds[name]!))]),
    );
  }

  async #run(
    graph: Parameters<typeof flopsOf>[0],
    feeds: readonly Feeds[],
    step?: AblationStep,
  ): Promise<Readonly<Record<string, Tensor>>[]> {
    const { engine, model, signal, onProgress } = this.task;
    const flops = flopsOf(graph);
    const outputs: Readonly<Record<string, Tensor>>[] = [];
    await runBatches(engine, graph, model, feeds, {
      signal,
      visit: result => {
        outputs.push(result);
        this.#done += flops;
        onProgress?.(this.#done / this.total, step?.candidates[0]?.group.id);
      },
    });
    return outputs;
  }
}

const feedsOf = (batches: readonly LossBatch[], states: readonly Feeds[]): Feeds[] =>
  batches.map((batch, i) => ({ ...batch.feeds(1), ...states[i] }));
