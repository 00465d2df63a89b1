import { type BatchShape, batchFeeds, type Sequence } from '../data/sequence.js';
import { type RemovalGroup, type Selection, unitsLeft } from '../domain/removal-group.js';
import { gateName, insertGates } from '../graph/insert-gates.js';
import { withLoss } from '../graph/with-loss.js';
import type { LiveModel } from '../model/live-model.js';
import type { Pass, Passes, PassOptions } from '../passes/passes.js';
import type { Feeds, Tensor } from '../ports/engine.js';
import { feedsOf } from './trainer.js';

/** Gate values per group id, each [units]; a group that is not there has all gates at 1. */
export type Gates = ReadonlyMap<string, Float32Array>;

/** Gates that close these units, for all groups. */
export const gatesWithout = (groups: readonly RemovalGroup[], closed: Selection): Gates =>
  new Map(
    groups.map(group => {
      const row = new Float32Array(group.units).fill(1);
      for (const unit of closed.get(group.id) ?? []) row[unit] = 0;
      return [group.id, row];
    }),
  );

/** The gates of the units that a model without `cut` has, in its numbers. */
export const gatesLeft = (gates: Gates, groups: readonly RemovalGroup[], cut: Selection): Gates =>
  new Map(
    groups.flatMap(group => {
      const row = gates.get(group.id);
      return row ? [[group.id, Float32Array.from(unitsLeft(group, cut), unit => row[unit]!)]] : [];
    }),
  );

/** Gates as feeds: the same for every sequence of the batch. */
export const gateFeeds = (groups: readonly RemovalGroup[], gates: Gates, batch: number): Feeds => {
  const feeds: Record<string, Tensor> = {};
  for (const group of groups) {
    const row = gates.get(group.id) ?? new Float32Array(group.units).fill(1);
    const data = new Float32Array(batch * group.units);
    for (let b = 0; b < batch; b++) data.set(row, b * group.units);
    feeds[gateName(group)] = { shape: [batch, group.units], data };
  }
  return feeds;
};

export interface MeanLoss {
  /** Nats per counted token. */
  readonly loss: number;
  readonly tokens: number;
}

/** Mean negative log-likelihood of a model on sequences, forward only. */
export class LossMeter {
  private constructor(
    private readonly pass: Pass,
    private readonly fixed: () => Feeds,
    private readonly groups: readonly RemovalGroup[],
    private readonly shape: BatchShape,
  ) {}

  /**
   * @param groups groups whose gates can be closed; default none
   */
  static async open(
    passes: Passes,
    model: LiveModel,
    { groups = [], ...shape }: BatchShape & { readonly groups?: readonly RemovalGroup[] },
  ): Promise<LossMeter> {
    const graph = withLoss(insertGates(model.graph(shape), groups, shape.batch));
    const pass = await passes.open(graph, { fed: [...model.changed.keys()] });
    return new LossMeter(pass, () => feedsOf(graph, model.fed), groups, shape);
  }

  /** The mean over some sequences, with gates as given. */
  async mean(sequences: readonly Sequence[], gates?: Gates): Promise<MeanLoss> {
    const [mean] = await this.means([sequences], { gates });
    return mean!;
  }

  /** The mean over each of several lists of sequences, in one pass over all of them. */
  async means(
    lists: readonly (readonly Sequence[])[],
    { gates = new Map(), ...options }: PassOptions & { readonly gates?: Gates | undefined } = {},
  ): Promise<readonly MeanLoss[]> {
    const { batch: size } = this.shape;
    const fixed = { ...this.fixed(), ...gateFeeds(this.groups, gates, size) };
    const batches = lists.flatMap((sequences, list) =>
      Array.from({ length: Math.ceil(sequences.length / size) }, (_, i) => {
        const rows = sequences.slice(i * size, (i + 1) * size);
        const { feeds, tokens } = batchFeeds(rows, this.shape);
        return { list, tokens, feeds: { ...fixed, ...feeds } };
      }),
    );
    const sums = lists.map(() => ({ sum: 0, tokens: 0 }));
    await this.pass.run(
      batches.map(({ feeds }) => feeds),
      (batch, { outputs }) => {
        if (!outputs.loss) return;
        const { list, tokens } = batches[batch]!;
        sums[list]!.sum += (outputs.loss.data[0] as number) * tokens;
        sums[list]!.tokens += tokens;
      },
      options,
    );
    return sums.map(({ sum, tokens }) => ({ loss: sum / Math.max(1, tokens), tokens }));
  }

  close(): Promise<void> {
    return this.pass.release();
  }
}
