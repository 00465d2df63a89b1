import type { Rng } from '../rng.js';
import { type BatchShape, hasDocuments, type Sequence, type SourceData } from './sequence.js';

/**
 * Training sequences in an order that is a function of the seed and the position alone, so that a resumed run reads
 * what the killed one would have read. Sources are passed over without replacement, each in its own order, and
 * shuffled anew at each pass.
 */
export class BatchStream {
  readonly #orders = new Map<string, Int32Array>();
  /** What one run of the engine takes of a batch: the shape of the graph that is trained. */
  readonly shape: BatchShape;

  constructor(
    private readonly sources: readonly SourceData[],
    private readonly rng: Rng,
    /** Sequences per batch. */
    readonly batch: number,
    /** Tokens per sequence. */
    readonly sequence: number,
    /** Sequences per run of the engine, a divisor of `batch`. */
    microBatch = batch,
  ) {
    this.shape = {
      batch: microBatch,
      sequence,
      documents: sources.some(({ train }) => hasDocuments(train)),
    };
  }

  /** Training tokens of one batch. */
  get tokens(): number {
    return this.batch * this.sequence;
  }

  /**
   * The batch at a step, with all sources in proportion to their size: sequence n of the run is drawn from the
   * concatenation of all sources.
   */
  at(step: number): readonly Sequence[] {
    const total = this.sources.reduce((sum, source) => sum + source.train.length, 0);
    return Array.from({ length: this.batch }, (_, row) => {
      const n = step * this.batch + row;
      let index = this.#order('mixed', total, Math.floor(n / total))[n % total]!;
      for (const source of this.sources) {
        if (index < source.train.length) return source.train[index]!;
        index -= source.train.length;
      }
      throw new Error('unreachable: the index lies within the total');
    });
  }

  /** Sequence n of one source, counted over all passes. */
  from(source: SourceData, n: number): Sequence {
    const pass = Math.floor(n / source.train.length);
    return source.train[
      this.#order(`source/${source.name}`, source.train.length, pass)[n % source.train.length]!
    ]!;
  }

  #order(name: string, length: number, pass: number): Int32Array {
    const key = `${name}/${pass}`;
    let order = this.#orders.get(key);
    if (!order) {
      order = this.rng.fork(key).permutation(length);
      this.#orders.set(key, order);
    }
    return order;
  }
}
