import { SecateurError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import { valueNamed } from '../graph/graph.js';
import type { CompileOptions, Engine, Executable, Feeds, Recompute, Tensor } from '../ports/engine.js';
import { AdamW, type AdamWOptions, gradientNorm } from './adamw.js';

export interface TrainerOptions extends AdamWOptions {
  /** Gradients longer than this are scaled down to it; default 1. */
  readonly clip?: number;
  /** Frozen weights that are read in 8 bits; default none. */
  readonly quantised?: CompileOptions['quantised'];
  /** Whether activations are made again in the backward pass; default: they are kept. */
  readonly recompute?: Recompute;
  /** Float inputs of the graph by which the loss is differentiated too ({@link Trainer.stepWith}); default none. */
  readonly also?: readonly string[];
}

/** Gradients by name. */
export type Gradients = Readonly<Record<string, { readonly data: Float32Array }>>;

/** Trains named arrays in place on a loss graph: one step is a run of the engine for each of its parts, and one update. */
export class Trainer {
  readonly optimizer: AdamW;
  readonly #clip: number;
  readonly #also: readonly string[];

  private constructor(
    private readonly executable: Executable,
    private readonly trainable: ReadonlyMap<string, Float32Array>,
    private readonly fixed: Feeds,
    private readonly graph: Graph,
    options: TrainerOptions,
  ) {
    this.optimizer = new AdamW(options);
    this.#clip = options.clip ?? 1;
    this.#also = options.also ?? [];
  }

  /**
   * @param graph has output `loss`
   * @param trainable parameters by name, updated in place
   * @param fixed parameters and inputs that are fed alike at every step
   */
  static async open(
    engine: Engine,
    graph: Graph,
    trainable: ReadonlyMap<string, Float32Array>,
    fixed: ReadonlyMap<string, Float32Array> = new Map(),
    options: TrainerOptions = {},
  ): Promise<Trainer> {
    const executable = await engine.compile(graph, {
      wrt: [...trainable.keys(), ...(options.also ?? [])],
      fed: [...fixed.keys()].filter(name => graph.parameters.has(name)),
      quantised: options.quantised,
      recompute: options.recompute ?? false,
    });
    return new Trainer(executable, trainable, feedsOf(graph, fixed), graph, options);
  }

  /**
   * One step on a batch, whole or in parts whose losses add up ({@link stepFeeds}): gradients are summed over the parts,
   * and clipped as a sum.
   * @returns the loss before the update
   * @throws SecateurError E_NUMERICS when the loss is not finite
   */
  async step(batch: Feeds | readonly Feeds[], learningRate: number): Promise<number> {
    return (await this.stepWith(batch, learningRate)).loss;
  }

  /**
   * {@link step}, with the gradients by the inputs `also`, summed over the parts. They are handed back as they are: the
   * clip is that of what is trained.
   */
  async stepWith(
    batch: Feeds | readonly Feeds[],
    learningRate: number,
  ): Promise<{ readonly loss: number; readonly also: Gradients }> {
    const { loss, gradients } = await this.#accumulate([batch].flat());
    if (!Number.isFinite(loss))
      throw new SecateurError('E_NUMERICS', `the training loss is ${loss}, expected a finite number`, {
        hint: `lower the learning rate (it is ${learningRate.toPrecision(3)}): train.learningRate`,
      });
    const also = Object.fromEntries(this.#also.map(name => [name, gradients[name]!]));
    const own = Object.fromEntries(Object.entries(gradients).filter(([name]) => !(name in also)));
    const norms = gradientNorm(own);
    const scale = this.#clip > 0 && norms > this.#clip ? this.#clip / norms : 1;
    this.optimizer.update(this.trainable, own, learningRate, scale);
    return { loss, also };
  }

  /** Sums of losses and gradients; those of the first part are the engine's own arrays. */
  async #accumulate(parts: readonly Feeds[]): Promise<{ loss: number; gradients: Gradients }> {
    const given = { ...this.fixed, ...feedsOf(this.graph, this.trainable) };
    let [loss, gradients]: [number, Gradients] = [0, {}];
    for (const [i, part] of parts.entries()) {
      const result = await this.executable.run({ ...given, ...part });
      loss += result.outputs.loss!.data[0] as number;
      const own = result.gradients as Gradients;
      if (i === 0) gradients = own;
      else for (const [name, { data }] of Object.entries(gradients)) addInto(data, own[name]!.data);
    }
    return { loss, gradients };
  }

  close(): Promise<void> {
    return this.executable.release();
  }
}

const addInto = (sum: Float32Array, more: Float32Array): void => {
  for (let i = 0; i < sum.length; i++) sum[i]! += more[i]!;
};

/** Arrays as feeds, with the shapes that the graph gives them. Arrays that the graph lacks are left out. */
export const feedsOf = (graph: Graph, arrays: ReadonlyMap<string, Float32Array>): Feeds => {
  const feeds: Record<string, Tensor> = {};
  for (const [name, data] of arrays)
    if (graph.values.has(name)) feeds[name] = { shape: valueNamed(graph, name).shape, data };
  return feeds;
};
