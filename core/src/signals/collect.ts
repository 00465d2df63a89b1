import { batchFeeds, hasDocuments, presence, textTokens } from '../data/sequence.js';
import { SecateurError } from '../errors.js';
import { loraNames } from '../graph/attach-lora.js';
import { insertGates } from '../graph/insert-gates.js';
import { withLoss } from '../graph/with-loss.js';
import { moduleOf } from '../model/live-model.js';
import { loraProduct } from '../model/lora-state.js';
import type { Passes, PassOptions } from '../passes/passes.js';
import type { Recompute } from '../ports/engine.js';
import type { SignalName, Signals, UnitWeights } from '../ports/saliency.js';
import { createRng, type Rng } from '../rng.js';
import { type Gates, gateFeeds } from '../training/loss-meter.js';
import { feedsOf } from '../training/trainer.js';
import { BlockSimilarities } from './block-similarities.js';
import type { Collector, Subject } from './collector.js';
import { GateGradients } from './gate-gradient.js';
import { InputMomentsOf, InputSums } from './input-statistics.js';
import { OutputGradients } from './output-gradients.js';
import { unitWeights } from './unit-weights.js';
import { LoraGradients, WeightFisher, WeightGradients } from './weight-gradients.js';

export interface CollectOptions extends Subject, PassOptions {
  readonly passes: Passes;
  readonly needs: ReadonlySet<SignalName>;
  /** Sequences per run of the engine. */
  readonly batch: number;
  /** Default: that of the seed 0. */
  readonly rng?: Rng;
  /** Gates as they stand; default all at 1. */
  readonly gates?: Gates;
  /** Whether activations are made again in the backward pass; default: they are kept. */
  readonly recompute?: Recompute;
}

/** Collects what is declared, in one pass over the calibration data, and nothing else. `sequences` are all of one length. */
export const collectSignals = async (options: CollectOptions): Promise<Signals> => {
  const { model, groups, rng = createRng(0) } = options;
  const made = collectorsFor(options);
  const collectors = Object.values(made).filter(collector => collector !== undefined);
  if (collectors.length > 0) await measure(options, collectors);
  const shapeOf = (param: string): readonly number[] => model.source.tensors.get(param)!.shape;
  const shaped = (param: string, data: Float32Array): UnitWeights => unitWeights(shapeOf(param), data);
  return {
    groups,
    rng,
    tokens: textTokens(options.sequences),
    weight: async param => shaped(param, await model.weight(param)),
    effective: async param => shaped(param, await model.merged(param)),
    async update(param) {
      const shape = shapeOf(param);
      const product =
        shape.length === 2 ? loraProduct(model.lora, moduleOf(param), shape as [number, number]) : undefined;
      return product && unitWeights(shape, product);
    },
    gateGradient: group => found(declared(made, 'gateGradient').byGroup.get(group.id), group.id),
    inputNorms: param => found(declared(made, 'inputNorms').byParam.get(param), param).map(Math.sqrt),
    inputMoments: param => found(declared(made, 'inputMoments').of(param), param),
    inputGram: param => found(declared(made, 'inputGram').byParam.get(param), param),
    outputGradient: param => found(declared(made, 'outputGradient').of(param), param),
    gradient: param => shaped(param, found(declared(made, 'gradient').byName.get(param), param)),
    fisher: param => shaped(param, found(declared(made, 'fisher').byName.get(param), param)),
    loraGradient(param) {
      const { byName } = declared(made, 'loraGradient');
      const spec = model.lora.specs.get(moduleOf(param));
      if (!spec || shapeOf(param).length !== 2) return undefined;
      const { a, b } = loraNames(moduleOf(param));
      const { arrays } = model.lora;
      return {
        a: arrays.get(a)!,
        b: arrays.get(b)!,
        byA: byName.get(a)!,
        byB: byName.get(b)!,
        rank: spec.rank,
        scaling: spec.scaling,
      };
    },
    blockSimilarity: layer => found(declared(made, 'blockSimilarity').of(layer), `layer ${layer}`),
  };
};

type Collectors = ReturnType<typeof collectorsFor>;

const collectorsFor = ({ needs, ...subject }: Subject & Pick<CollectOptions, 'needs'>) => {
  const wanted = <T>(name: SignalName, make: () => T): T | undefined =>
    needs.has(name) ? make() : undefined;
  return {
    gateGradient: wanted('gateGradient', () => new GateGradients(subject)),
    inputNorms: wanted('inputNorms', () => new InputSums(subject, 'squares')),
    inputMoments: wanted('inputMoments', () => new InputMomentsOf(subject)),
    inputGram: wanted('inputGram', () => new InputSums(subject, 'gram')),
    outputGradient: wanted('outputGradient', () => new OutputGradients(subject)),
    gradient: wanted('gradient', () => new WeightGradients(subject)),
    fisher: wanted('fisher', () => new WeightFisher(subject)),
    loraGradient: wanted('loraGradient', () => new LoraGradients(subject)),
    blockSimilarity: wanted('blockSimilarity', () => new BlockSimilarities(subject)),
  } satisfies Record<SignalName, Collector | undefined>;
};

const declared = <S extends SignalName>(made: Collectors, signal: S): NonNullable<Collectors[S]> => {
  const collector = made[signal];
  if (collector) return collector;
  throw new SecateurError('E_SIGNAL_NOT_DECLARED', `the signal "${signal}" was read without being declared`, {
    hint: `add needs: ['${signal}'] to the scorer`,
  });
};

const found = <T>(value: T | undefined, of: string): T => {
  if (value === undefined)
    throw new Error(`of ${of} nothing was collected: it makes or reads no unit of a group`);
  return value;
};

const measure = async (
  {
    passes,
    model,
    groups,
    sequences,
    batch: size,
    gates = new Map(),
    recompute = false,
    ...options
  }: CollectOptions,
  collectors: readonly Collector[],
): Promise<void> => {
  const batch = collectors.some(({ oneByOne }) => oneByOne) ? 1 : size;
  const shape = { batch, sequence: sequences[0]!.ids.length, documents: hasDocuments(sequences) };
  const gated = insertGates(model.graph(shape), groups, batch);
  const graph = withLoss(collectors.reduce((seen, collector) => collector.observe?.(seen) ?? seen, gated));
  const weights = [...new Set(collectors.flatMap(collector => collector.weights ?? []))];
  const pass = await passes.open(graph, {
    wrt: [...new Set(collectors.flatMap(({ wrt }) => wrt ?? []))],
    fed: [...model.changed.keys()],
    recompute,
  });
  try {
    const read = new Map<string, Float32Array>();
    for (const param of weights) read.set(param, await model.weight(param));
    const fixed = {
      ...feedsOf(graph, read),
      ...feedsOf(graph, model.fed),
      ...gateFeeds(groups, gates, batch),
    };
    const batches = Array.from({ length: Math.ceil(sequences.length / batch) }, (_, i) => {
      const rows = sequences.slice(i * batch, (i + 1) * batch);
      const { feeds, tokens } = batchFeeds(rows, shape);
      return { rows, tokens, feeds: { ...fixed, ...feeds, present: presence(rows, shape) } };
    });
    await pass.run(
      batches.map(({ feeds }) => feeds),
      (at, result) => {
        for (const collector of collectors) collector.take(result, batches[at]!);
      },
      options,
    );
    for (const collector of collectors) collector.finish?.();
  } finally {
    await pass.release();
  }
};
