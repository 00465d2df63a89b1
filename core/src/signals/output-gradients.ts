import { textTokens } from '../data/sequence.js';
import type { Graph } from '../graph/graph.js';
import { layersReading } from '../graph/linear-weight.js';
import type { RunResult } from '../ports/engine.js';
import { type Batch, type Collector, ownScales, readingWeights, type Subject } from './collector.js';

/** Squares of d loss / d y over tokens, y the output of each weight that reads a group. */
export class OutputGradients implements Collector {
  /** The weight that gives each output. */
  readonly #params = new Map<string, string>();
  readonly #squares = new Map<string, { readonly sum: number; readonly entries: number }>();

  constructor(private readonly subject: Subject) {}

  observe(graph: Graph): Graph {
    for (const param of readingWeights(this.subject.groups))
      for (const { outputs } of layersReading(graph, param)) this.#params.set(outputs[0]!, param);
    return graph;
  }

  get wrt(): readonly string[] {
    return [...this.#params.keys()];
  }

  take({ gradients }: RunResult, batch: Batch): void {
    const scales = ownScales(batch);
    for (const [name, param] of this.#params) {
      const found = gradients[name];
      if (!found) continue;
      const width = found.shape[1]!;
      const row = batch.rows[0]!.ids.length * width;
      let { sum, entries } = this.#squares.get(param) ?? { sum: 0, entries: 0 };
      for (const [at, scale] of scales.entries())
        for (const g of (found.data as Float32Array).subarray(at * row, (at + 1) * row))
          sum += (scale * g) ** 2;
      entries += textTokens(batch.rows) * width;
      this.#squares.set(param, { sum, entries });
    }
  }

  /** Mean over tokens and outputs. */
  of(param: string): number | undefined {
    const squares = this.#squares.get(param);
    return squares && squares.sum / squares.entries;
  }
}
