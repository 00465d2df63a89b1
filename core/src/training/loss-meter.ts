import { type BatchShape, batchFeeds, type Sequence } from '../data/sequence.js';
import type { RemovalGroup } from '../domain/removal-group.js';
import { gateName, insertGates } from '../graph/insert-gates.js';
import { withLoss } from '../graph/with-loss.js';
import type { LiveModel } from '../model/live-model.js';
import type { Engine, Executable, Feeds, Tensor } from '../ports/engine.js';
import { feedsOf } from './trainer.js';

/** Gate values per group id, each [units]; a group that is not there has all gates at 1. */
export type Gates = ReadonlyMap<string, Float32Array>;

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

/** Mean negative log-likelihood of a model on sequences, forward only. */
export class LossMeter {
  private constructor(
    private readonly executable: Executable,
    private readonly fixed: () => Feeds,
    private readonly groups: readonly RemovalGroup[],
    private readonly shape: BatchShape,
  ) {}

  /**
   * @param groups groups whose gates can be closed; default none
   */
  static async open(
    engine: Engine,
    model: LiveModel,
    { groups = [], ...shape }: BatchShape & { readonly groups?: readonly RemovalGroup[] },
  ): Promise<LossMeter> {
    const graph = withLoss(insertGates(model.graph(shape), groups, shape.batch));
    const executable = await engine.compile(graph, { fed: [...model.changed.keys()] });
    return new LossMeter(executable, () => feedsOf(graph, model.fed), groups, shape);
  }

  /**
   * @returns mean loss per counted token in nats, and the number of tokens
   */
  async mean(
    sequences: readonly Sequence[],
    gates: Gates = new Map(),
  ): Promise<{ readonly loss: number; readonly tokens: number }> {
    let sum = 0;
    let tokens = 0;
    const { batch } = this.shape;
    const fixed = { ...this.fixed(), ...gateFeeds(this.groups, gates, batch) };
    for (let at = 0; at < sequences.length; at += batch) {
      const { feeds, tokens: counted } = batchFeeds(sequences.slice(at, at + batch), this.shape);
      const { outputs } = await this.executable.run({ ...fixed, ...feeds });
      sum += (outputs.loss!.data[0] as number) * counted;
      tokens += counted;
    }
    return { loss: sum / Math.max(1, tokens), tokens };
  }

  close(): Promise<void> {
    return this.executable.release();
  }
}
