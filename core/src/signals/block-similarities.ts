import { textTokens } from '../data/sequence.js';
import type { Graph } from '../graph/graph.js';
import { observeBlocks, similarityName } from '../graph/observe-blocks.js';
import type { RunResult } from '../ports/engine.js';
import type { Collector, Subject } from './collector.js';

/** Mean cosine between the hidden states before and behind each layer. */
export class BlockSimilarities implements Collector {
  readonly #sums = new Map<number, number>();
  readonly #layers: ReadonlySet<number>;
  readonly #tokens: number;

  constructor({ groups, sequences }: Subject) {
    this.#layers = new Set(groups.flatMap(({ layer }) => layer ?? []));
    this.#tokens = textTokens(sequences);
  }

  observe(graph: Graph): Graph {
    return observeBlocks(graph);
  }

  take({ outputs }: RunResult): void {
    for (const layer of this.#layers) {
      const found = outputs[similarityName(layer)]?.data[0] as number | undefined;
      if (found !== undefined) this.#sums.set(layer, (this.#sums.get(layer) ?? 0) + found);
    }
  }

  of(layer: number): number | undefined {
    const sum = this.#sums.get(layer);
    return sum === undefined ? undefined : sum / this.#tokens;
  }
}
