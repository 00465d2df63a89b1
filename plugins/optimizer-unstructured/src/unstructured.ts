import {
  LiveModel,
  type LoraState,
  type Masked,
  moduleOf,
  type NewWeight,
  type PruneOptimizer,
  type PruneTask,
  type RemovalGroup,
  SecateurError,
  withoutIdle,
  withWeights,
  writeWeights,
} from '@secateur/core';
import { type InputStatistic, loraNames, type Piece, type TensorRef } from '@secateur/core/graph';
import { LayerPasses, linearWeights } from './layer-passes.js';
import { type Groups, type Sparsity, sparsityOf } from './options.js';

/** How one weight matrix is masked. */
export interface MaskMethod {
  /** What it has to know of the inputs. */
  readonly statistic: InputStatistic;
  /**
   * Called once for all matrices that read the same inputs.
   * @param statistic summed over the calibration tokens
   * @param sequences calibration sequences
   * @returns takes a weight that the model computes with, row-major [out, in], and gives it with its zeros
   */
  prepare(
    statistic: Float64Array,
    sequences: number,
    sparsity: Sparsity,
  ): (weight: Float32Array) => Float32Array;
}

/**
 * Zeroes the same share of every linear layer that holds units which may be cut, layer by layer: each is masked by what
 * comes in through the layers before it, masked already. Base and adapter are masked as their sum.
 */
export const unstructured = (method: MaskMethod, pattern: string): PruneOptimizer => ({
  trains: false,
  removes: 'weights',
  check(config, model, groups) {
    const { groups: few } = sparsityOf(config.prune.ratio, pattern);
    const params = weightsOf(linearWeights(model.graph({ batch: 1, sequence: 2 })), groups);
    if (params.length === 0) throw nothingLeft();
    for (const param of params) checkInputs(param, model.source.tensors.get(param)!.shape[1]!, few, pattern);
  },
  async prune(task) {
    const sparsity = sparsityOf(task.run.config.prune.ratio, pattern);
    const dense = new LiveModel(task.model.source, withoutIdle(task.model.lora), task.model.changed);
    const passes = new LayerPasses(task.run, dense, task.calibration);
    try {
      return await new Masking({ ...task, model: dense }, passes, method, sparsity).prune();
    } finally {
      await passes.close();
    }
  },
});

/** Those of the weights that hold units of the groups. */
const weightsOf = (params: readonly string[], groups: readonly RemovalGroup[]): string[] => {
  const open = new Set(groups.flatMap(({ members }) => members.map(({ param }) => param)));
  return params.filter(param => open.has(param));
};

const checkInputs = (param: string, inputs: number, groups: Groups | undefined, pattern: string): void => {
  if (groups && inputs % groups.of !== 0)
    throw new SecateurError(
      'E_CONFIG_INVALID',
      `${param} has ${inputs} inputs, expected a multiple of ${groups.of} for the pattern ${pattern}`,
      { hint: "choose another N:M, or the pattern 'row'" },
    );
};

const nothingLeft = (): SecateurError =>
  new SecateurError('E_BUDGET', 'no linear layer holds units that may be cut', {
    hint: 'protect less (prune.protect), or name more in prune.kinds',
  });

/** What a kill leaves: the layers that are done. */
const PARTIAL = 'prune.partial';

/** A model on its way from layer to layer. */
class Masking {
  #masked: Masked = { written: [], weights: 0, zeros: 0 };

  constructor(
    private readonly task: PruneTask,
    private readonly passes: LayerPasses,
    private readonly method: MaskMethod,
    private readonly sparsity: Sparsity,
  ) {}

  async prune(): ReturnType<PruneOptimizer['prune']> {
    const { run, model } = this.task;
    const work = this.#work();
    if (work.size === 0) throw nothingLeft();
    const saved = await run.store.load(PARTIAL);
    if (saved) this.#masked = saved.json as Masked;
    const restored = this.#masked.written.length;
    let done = 0;
    for (const piece of this.passes.pieces) {
      const params = work.get(piece) ?? [];
      if (params.length > 0) {
        if (done >= restored) await this.#mask(piece, params);
        run.progress(++done, work.size, 'layers', piece.path);
      }
      if (done === work.size) break;
      await this.passes.advance(piece, await this.#refs(params, done));
    }
    const source = await withWeights(run.store, model.source, this.#masked.written);
    const gone = new Set([...work.values()].flat());
    const changed = [...model.changed].filter(([name]) => !gone.has(name));
    return {
      removed: new Map(),
      model: new LiveModel(source, without(model.lora, gone), new Map(changed)),
      tokens: 0,
      losses: [],
      masked: this.#masked,
    };
  }

  /** The weights to mask, by the piece that reads them first. */
  #work(): ReadonlyMap<Piece, readonly string[]> {
    const seen = new Set<string>();
    const work = new Map<Piece, string[]>();
    for (const piece of this.passes.pieces) {
      const own = weightsOf(linearWeights(piece.graph), this.task.groups).filter(param => !seen.has(param));
      for (const param of own) seen.add(param);
      if (own.length > 0) work.set(piece, own);
    }
    return work;
  }

  #shapeOf(param: string): readonly [number, number] {
    return this.task.model.source.tensors.get(param)!.shape as [number, number];
  }

  async #mask(piece: Piece, params: readonly string[]): Promise<void> {
    const { run, model, calibration } = this.task;
    const statistics = await this.passes.observe(piece, params, this.method.statistic);
    const weights = new Map<string, NewWeight>();
    let { weights: total, zeros } = this.#masked;
    const masks = new Map<Float64Array, ReturnType<MaskMethod['prepare']>>();
    for (const param of params) {
      run.signal.throwIfAborted();
      const weight = await model.merged(param);
      const statistic = statistics.get(param)!;
      const mask = masks.get(statistic) ?? this.method.prepare(statistic, calibration.length, this.sparsity);
      masks.set(statistic, mask);
      const data = mask(weight);
      weights.set(param, { shape: this.#shapeOf(param), data });
      total += data.length;
      for (const weight of data) if (weight === 0) zeros++;
    }
    const before = this.#masked.written;
    const place = ['checkpoints', 'masked', `${before.length}`];
    const written = [...before, await writeWeights(run.store, model.source, place, weights)];
    this.#masked = { written, weights: total, zeros };
    await run.store.save(PARTIAL, { json: this.#masked, tensors: {} });
  }

  /** Where the masked ones of a layer's weights lie. @param done layers up to this one */
  async #refs(params: readonly string[], done: number): Promise<ReadonlyMap<string, TensorRef>> {
    if (params.length === 0) return new Map();
    const { run, model } = this.task;
    const { tensors } = await withWeights(run.store, model.source, [this.#masked.written[done - 1]!]);
    return new Map(params.map(param => [param, tensors.get(param)!]));
  }
}

/** What is left of an adapter when it was merged into these weights. */
const without = ({ specs, arrays }: LoraState, merged: ReadonlySet<string>): LoraState => {
  const gone = new Set([...merged].map(moduleOf));
  const names = new Set([...gone].flatMap(module => Object.values(loraNames(module))));
  return {
    specs: new Map([...specs].filter(([module]) => !gone.has(module))),
    arrays: new Map([...arrays].filter(([name]) => !names.has(name))),
  };
};
