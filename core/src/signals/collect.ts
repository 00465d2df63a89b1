import { batchFeeds, hasDocuments, type Sequence } from '../data/sequence.js';
import type { RemovalGroup } from '../domain/removal-group.js';
import { SecateurError } from '../errors.js';
import { consumerOf, gateName, insertGates } from '../graph/insert-gates.js';
import { inputSquaresName, observeInputs } from '../graph/observe-inputs.js';
import { withLoss } from '../graph/with-loss.js';
import { type LiveModel, moduleOf } from '../model/live-model.js';
import { loraProduct } from '../model/lora-state.js';
import type { Passes, PassOptions } from '../passes/passes.js';
import type { Recompute } from '../ports/engine.js';
import type { GateGradient, SignalName, Signals } from '../ports/saliency.js';
import { type Gates, gateFeeds } from '../training/loss-meter.js';
import { feedsOf } from '../training/trainer.js';
import { unitWeights } from './unit-weights.js';

export interface CollectOptions extends PassOptions {
  readonly passes: Passes;
  readonly model: LiveModel;
  readonly groups: readonly RemovalGroup[];
  readonly needs: ReadonlySet<SignalName>;
  /** Calibration sequences, all of the same length. */
  readonly sequences: readonly Sequence[];
  readonly batch: number;
  /** Gates as they stand; default all at 1. */
  readonly gates?: Gates;
  /** Whether activations are made again in the backward pass; default: they are kept. */
  readonly recompute?: Recompute;
}

/** Collects what the scorers declared, in one pass over the calibration data, and nothing else. */
export const collectSignals = async (options: CollectOptions): Promise<Signals> => {
  const measured = options.needs.size > 0 ? await measure(options) : { gates: new Map(), squares: new Map() };
  const { model, groups, needs } = options;
  const refuse = (signal: SignalName): never => {
    throw new SecateurError(
      'E_SIGNAL_NOT_DECLARED',
      `a scorer read the signal "${signal}" without declaring it`,
      {
        hint: `add needs: ['${signal}'] to the scorer`,
      },
    );
  };
  const shapeOf = (param: string): readonly number[] => model.source.tensors.get(param)!.shape;
  return {
    groups,
    weight: async param => unitWeights(shapeOf(param), await model.weight(param)),
    effective: async param => unitWeights(shapeOf(param), await model.merged(param)),
    async update(param) {
      const shape = shapeOf(param);
      const product =
        shape.length === 2 ? loraProduct(model.lora, moduleOf(param), shape as [number, number]) : undefined;
      return product && unitWeights(shape, product);
    },
    gateGradient: group =>
      needs.has('gateGradient') ? measured.gates.get(group.id)! : refuse('gateGradient'),
    inputNorms: param => {
      if (!needs.has('inputNorms')) return refuse('inputNorms');
      const squares = measured.squares.get(param);
      if (!squares) throw new Error(`${param} reads no group: its input norms were not collected`);
      return squares.map(Math.sqrt);
    },
  };
};

interface Measured {
  readonly gates: ReadonlyMap<string, GateGradient>;
  readonly squares: ReadonlyMap<string, Float64Array>;
}

const measure = async ({
  passes,
  model,
  groups,
  needs,
  sequences,
  batch,
  gates = new Map(),
  recompute = false,
  ...options
}: CollectOptions): Promise<Measured> => {
  const length = sequences[0]!.ids.length;
  const wantsGates = needs.has('gateGradient');
  const readers = new Set(
    needs.has('inputNorms') ? groups.flatMap(group => consumerOf(group)?.param ?? []) : [],
  );
  const shape = { batch, sequence: length, documents: hasDocuments(sequences) };
  const gated = insertGates(model.graph(shape), groups, batch);
  const graph = withLoss(observeInputs(gated, readers));
  const pass = await passes.open(graph, {
    wrt: wantsGates ? groups.map(gateName) : [],
    fed: [...model.changed.keys()],
    recompute,
  });
  try {
    const fixed = { ...feedsOf(graph, model.fed), ...gateFeeds(groups, gates, batch) };
    const moments = new Map(groups.map(group => [group.id, emptyMoments(group.units)]));
    const squares = new Map([...readers].map(param => [param, new Float64Array(0)]));
    const batches = Array.from({ length: Math.ceil(sequences.length / batch) }, (_, i) => {
      const rows = sequences.slice(i * batch, (i + 1) * batch);
      const { feeds, tokens } = batchFeeds(rows, shape);
      return { rows, tokens, feeds: { ...fixed, ...feeds, present: presence(rows, batch, length) } };
    });
    await pass.run(
      batches.map(({ feeds }) => feeds),
      (at, { outputs, gradients }) => {
        const { rows, tokens } = batches[at]!;
        for (const group of groups) {
          const gradient = gradients[gateName(group)]?.data as Float32Array | undefined;
          if (gradient) addMoments(moments.get(group.id)!, gradient, rows, tokens);
        }
        for (const param of readers) {
          const sum = outputs[inputSquaresName(param)]?.data as Float32Array | undefined;
          const total = squares.get(param)!;
          if (sum)
            squares.set(
              param,
              Float64Array.from(sum, (x, j) => x + (total[j] ?? 0)),
            );
        }
      },
      options,
    );
    for (const moment of moments.values())
      for (const values of Object.values(moment))
        for (let u = 0; u < values.length; u++) values[u]! /= sequences.length;
    return { gates: moments, squares };
  } finally {
    await pass.release();
  }
};

const emptyMoments = (units: number): Record<keyof GateGradient, Float64Array> => ({
  mean: new Float64Array(units),
  meanAbsolute: new Float64Array(units),
  meanSquare: new Float64Array(units),
});

/** The loss is a mean over the batch; each sequence's own gradient is that of the mean over its own tokens. */
const addMoments = (
  moments: Record<keyof GateGradient, Float64Array>,
  gradient: Float32Array,
  rows: readonly Sequence[],
  tokens: number,
): void => {
  const units = moments.mean.length;
  rows.forEach((sequence, row) => {
    const own = sequence.weights.reduce((sum, weight) => sum + weight, 0);
    if (own === 0) return;
    for (let u = 0; u < units; u++) {
      const g = (gradient[row * units + u]! * tokens) / own;
      moments.mean[u]! += g;
      moments.meanAbsolute[u]! += Math.abs(g);
      moments.meanSquare[u]! += g * g;
    }
  });
};

const presence = (
  rows: readonly Sequence[],
  batch: number,
  length: number,
): { shape: number[]; data: Float32Array } => {
  const data = new Float32Array(batch * length);
  rows.forEach((sequence, row) => {
    data.fill(1, row * length, row * length + sequence.length);
  });
  return { shape: [batch * length], data };
};
