import { textTokens } from '../data/sequence.js';
import type { Graph } from '../graph/graph.js';
import { type InputStatistic, inputName, observeInputs } from '../graph/observe-inputs.js';
import type { RunResult } from '../ports/engine.js';
import type { InputMoments } from '../ports/saliency.js';
import { type Batch, type Collector, readingWeights, type Subject } from './collector.js';

/** Sums over tokens of one statistic, for each weight that reads a group. */
export class InputSums implements Collector {
  readonly byParam = new Map<string, Float64Array>();
  readonly #readers: ReadonlySet<string>;

  constructor(
    { groups }: Subject,
    private readonly statistic: InputStatistic,
  ) {
    this.#readers = readingWeights(groups);
  }

  observe(graph: Graph): Graph {
    return observeInputs(graph, this.#readers, [this.statistic]);
  }

  take({ outputs }: RunResult): void {
    for (const param of this.#readers) {
      const found = outputs[inputName(this.statistic, param)]?.data as Float32Array | undefined;
      if (!found) continue;
      const total = this.byParam.get(param) ?? new Float64Array(found.length);
      for (let i = 0; i < total.length; i++) total[i]! += found[i]!;
      this.byParam.set(param, total);
    }
  }
}

interface Running {
  tokens: number;
  readonly mean: Float64Array;
  /** Σ (x − mean)². */
  readonly spread: Float64Array;
}

/** Mean and variance of each input column, merged over batches (Chan, Golub & LeVeque 1979): nothing cancels. */
export class InputMomentsOf implements Collector {
  readonly #readers: ReadonlySet<string>;
  readonly #running = new Map<string, Running>();

  constructor({ groups }: Subject) {
    this.#readers = readingWeights(groups);
  }

  observe(graph: Graph): Graph {
    return observeInputs(graph, this.#readers, ['sums', 'spreads']);
  }

  take({ outputs }: RunResult, { rows }: Batch): void {
    const tokens = textTokens(rows);
    for (const param of this.#readers) {
      const sums = outputs[inputName('sums', param)]?.data as Float32Array | undefined;
      const spreads = outputs[inputName('spreads', param)]?.data as Float32Array | undefined;
      if (sums && spreads && tokens > 0) this.#merge(param, tokens, sums, spreads);
    }
  }

  of(param: string): InputMoments | undefined {
    const running = this.#running.get(param);
    if (!running) return undefined;
    const { mean, spread, tokens } = running;
    return { mean, variance: spread.map(sum => sum / tokens) };
  }

  #merge(param: string, tokens: number, sums: Float32Array, spreads: Float32Array): void {
    const known = this.#running.get(param) ?? {
      tokens: 0,
      mean: new Float64Array(sums.length),
      spread: new Float64Array(sums.length),
    };
    const all = known.tokens + tokens;
    for (let j = 0; j < sums.length; j++) {
      const shift = sums[j]! / tokens - known.mean[j]!;
      known.mean[j]! += (shift * tokens) / all;
      known.spread[j]! += spreads[j]! + (shift * shift * known.tokens * tokens) / all;
    }
    known.tokens = all;
    this.#running.set(param, known);
  }
}
