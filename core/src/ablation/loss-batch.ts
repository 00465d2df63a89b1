import { hasDocuments, inputFeeds, type Sequence } from '../data/sequence.js';
import type { Feeds, Tensor } from '../ports/engine.js';

/**
 * How sequences are laid into batches: the length that has to be computed, sequences per batch, and positions per batch
 * for which the head is paid, undefined for all.
 */
export interface LossBatchShape {
  readonly length: number;
  readonly rows: number;
  readonly count: number | undefined;
  /** Whether a sequence holds several documents, which must not see each other. */
  readonly documents: boolean;
}

/** Positions behind the last one that counts change nothing before them, and a position that does not count needs no head. */
export const batchShapeOf = (sequences: readonly Sequence[], tokensPerRun: number): LossBatchShape => {
  const length = Math.max(
    1,
    ...sequences.map(({ weights }) => weights.findLastIndex(weight => weight > 0) + 1),
  );
  const rows = rowsFor(sequences.length, Math.max(1, Math.floor(tokensPerRun / length)));
  const counts = batchesOf(sequences, rows).map(batch =>
    batch.reduce((sum, { weights }) => sum + weights.reduce((n, weight) => n + Number(weight > 0), 0), 0),
  );
  const count = Math.max(1, ...counts);
  return {
    length,
    rows,
    count: count < rows * length ? count : undefined,
    documents: hasDocuments(sequences),
  };
};

/** The number of rows between half of the most and the most that leaves the fewest rows empty; the larger of equals. */
const rowsFor = (sequences: number, most: number): number => {
  if (sequences <= most) return Math.max(1, sequences);
  const empty = (rows: number): number => Math.ceil(sequences / rows) * rows - sequences;
  let best = most;
  for (let rows = most - 1; rows >= Math.ceil(most / 2); rows--) if (empty(rows) < empty(best)) best = rows;
  return best;
};

/** In their order; the last may be shorter. */
export const batchesOf = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));

/** The text of one batch, as a loss graph that holds it several times over is fed. */
export class LossBatch {
  readonly #input: Readonly<Record<string, Tensor>>;
  /** Positions of one copy. */
  readonly #size: number;
  /** Positions whose loss is computed, their targets and weights. */
  readonly #rows: BigInt64Array;
  readonly #targets: BigInt64Array;
  readonly #weights: Float32Array;

  constructor(sequences: readonly Sequence[], { length, rows, count, documents }: LossBatchShape) {
    this.#input = inputFeeds(sequences, { batch: rows, sequence: length, documents });
    this.#size = rows * length;
    const weights = new Float32Array(rows * length);
    for (const [row, sequence] of sequences.entries())
      weights.set(sequence.weights.subarray(0, length), row * length);
    const all = [...weights.keys()];
    const read = count === undefined ? all : all.filter(at => weights[at]! > 0);
    // Where fewer positions are read than there is room for, the first one fills up, with weight 0.
    this.#rows = new BigInt64Array(count ?? all.length);
    this.#targets = new BigInt64Array(this.#rows.length);
    this.#weights = new Float32Array(this.#rows.length);
    for (const [i, at] of read.entries()) {
      this.#rows[i] = BigInt(at);
      this.#targets[i] = BigInt(sequences[Math.floor(at / length)]?.targets[at % length] ?? 0);
      this.#weights[i] = weights[at]!;
    }
  }

  /** Of every counted token. */
  get weight(): number {
    return this.#weights.reduce((sum, weight) => sum + weight, 0);
  }

  /** `rows` of each copy point into that copy. */
  feeds(copies: number): Feeds {
    const again = (copyOf: (copy: number) => Tensor): Tensor =>
      stack(Array.from({ length: copies }, (_, i) => copyOf(i)));
    const shape = [this.#rows.length];
    return {
      ...Object.fromEntries(Object.entries(this.#input).map(([name, tensor]) => [name, again(() => tensor)])),
      targets: again(() => ({ shape, data: this.#targets })),
      weights: again(() => ({ shape, data: this.#weights })),
      rows: again(copy => ({ shape, data: this.#rows.map(at => at + BigInt(copy * this.#size)) })),
    };
  }

  /** Σ weight · nll of one copy. */
  sum({ data }: Tensor, copy: number): number {
    const start = copy * this.#weights.length;
    return this.#weights.reduce((sum, weight, i) => sum + weight * Number(data[start + i]), 0);
  }
}

/** Tensors of one shape and type, one behind the other along the first axis. */
export const stack = (tensors: readonly Tensor[]): Tensor => {
  const [first] = tensors as readonly [Tensor];
  if (tensors.length === 1) return first;
  const { shape, data } = first;
  const joined = new (data.constructor as new (length: number) => typeof data)(tensors.length * data.length);
  for (const [i, tensor] of tensors.entries()) joined.set(tensor.data as never, i * data.length);
  return { shape: [tensors.length * shape[0]!, ...shape.slice(1)], data: joined };
};
