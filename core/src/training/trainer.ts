import { SecateurError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import { valueNamed } from '../graph/graph.js';
import type { Engine, Executable, Feeds, Recompute, Tensor } from '../ports/engine.js';
import { AdamW, type AdamWOptions, gradientNorm } from './adamw.js';

export interface TrainerOptions extends AdamWOptions {
  /** Gradients longer than this are scaled down to it; default 1. */
  readonly clip?: number;
  /** Whether activations are made again in the backward pass; default: they are kept. */
  readonly recompute?: Recompute;
}

/** Trains named arrays in place on a loss graph: one step is one run of the engine and one update. */
export class Trainer {
  readonly optimizer: AdamW;
  readonly #clip: number;

  private constructor(
    private readonly executable: Executable,
    private readonly trainable: ReadonlyMap<string, Float32Array>,
    private readonly fixed: Feeds,
    private readonly graph: Graph,
    options: TrainerOptions,
  ) {
    this.optimizer = new AdamW(options);
    this.#clip = options.clip ?? 1;
  }

  /**
   * @param graph has output `loss`
   * @param trainable parameters by name, updated in place
   * @param fixed parameters that are fed but not trained
   */
  static async open(
    engine: Engine,
    graph: Graph,
    trainable: ReadonlyMap<string, Float32Array>,
    fixed: ReadonlyMap<string, Float32Array> = new Map(),
    options: TrainerOptions = {},
  ): Promise<Trainer> {
    const executable = await engine.compile(graph, {
      wrt: [...trainable.keys()],
      fed: [...fixed.keys()],
      recompute: options.recompute ?? false,
    });
    return new Trainer(executable, trainable, feedsOf(graph, fixed), graph, options);
  }

  /**
   * One step on a batch.
   * @returns the loss before the update
   * @throws SecateurError E_NUMERICS when the loss is not finite
   */
  async step(batch: Feeds, learningRate: number): Promise<number> {
    const feeds = { ...this.fixed, ...feedsOf(this.graph, this.trainable), ...batch };
    const { outputs, gradients } = await this.executable.run(feeds);
    const loss = outputs.loss!.data[0] as number;
    if (!Number.isFinite(loss))
      throw new SecateurError('E_NUMERICS', `the training loss is ${loss}, expected a finite number`, {
        hint: `lower the learning rate (it is ${learningRate.toPrecision(3)}): train.learningRate`,
      });
    const norms = gradientNorm(gradients as Record<string, { data: Float32Array }>);
    const scale = this.#clip > 0 && norms > this.#clip ? this.#clip / norms : 1;
    this.optimizer.update(
      this.trainable,
      gradients as Record<string, { data: Float32Array }>,
      learningRate,
      scale,
    );
    return loss;
  }

  close(): Promise<void> {
    return this.executable.release();
  }
}

/** Arrays as feeds, with the shapes that the graph gives them. Arrays that the graph lacks are left out. */
export const feedsOf = (graph: Graph, arrays: ReadonlyMap<string, Float32Array>): Feeds => {
  const feeds: Record<string, Tensor> = {};
  for (const [name, data] of arrays)
    if (graph.values.has(name)) feeds[name] = { shape: valueNamed(graph, name).shape, data };
  return feeds;
};
