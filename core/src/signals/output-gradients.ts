import type { Graph } from '../graph/graph.js';
import type { RunResult } from '../ports/engine.js';
import { type Batch, type Collector, ownScales, readersOf, type Subject } from './collector.js';

/** Σ ‖d loss / d y‖² over tokens, y the output of each weight that reads a group. */
export class OutputGradients implements Collector {
  readonly #readers: ReadonlySet<string>;
  readonly #tokens: number;
  /** What each weight gives where it is read, and how wide that is. */
  readonly #outputs = new Map<string, { readonly param: string; readonly width: number }>();
  readonly #sums = new Map<string, number>();

  constructor({ groups, sequences }: Subject) {
    this.#readers = readersOf(groups);
    this.#tokens = sequences.reduce((sum, { length }) => sum + length, 0);
  }

  observe(graph: Graph): Graph {
    for (const { op, inputs, outputs } of graph.nodes) {
      const param = inputs[1];
      if ((op === 'Linear' || op === 'LoraLinear') && param !== undefined && this.#readers.has(param))
        this.#outputs.set(outputs[0]!, { param, width: graph.values.get(outputs[0]!)!.shape[1]! });
    }
    return graph;
  }

  get wrt(): readonly string[] {
    return [...this.#outputs.keys()];
  }

  take({ gradients }: RunResult, batch: Batch): void {
    const scales = ownScales(batch);
    for (const [name, { param, width }] of this.#outputs) {
      const found = gradients[name]?.data as Float32Array | undefined;
      if (!found) continue;
      const row = batch.rows[0]!.ids.length * width;
      let sum = this.#sums.get(param) ?? 0;
      for (const [at, scale] of scales.entries())
        for (const g of found.subarray(at * row, (at + 1) * row)) sum += (scale * g) ** 2;
      this.#sums.set(param, sum);
    }
  }

  /** Mean over tokens and outputs. */
  of(param: string): number | undefined {
    const sum = this.#sums.get(param);
    const width = [...this.#outputs.values()].find(output => output.param === param)?.width;
    return sum === undefined || width === undefined ? undefined : sum / (this.#tokens * width);
  }
}
