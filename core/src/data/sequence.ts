import { documentsName } from '../graph/with-documents.js';
import type { Feeds, Tensor } from '../ports/engine.js';
import type { TraceShape } from '../ports/tracer.js';

/** One training or evaluation sequence of fixed length S, targets shifted by one; weight 0 hides a position. */
export interface Sequence {
  /** [S] */
  readonly ids: Int32Array;
  /** [S]: the token that follows each position. */
  readonly targets: Int32Array;
  /** [S]: 1 where the prediction counts, 0 where it does not (prompt, padding). */
  readonly weights: Float32Array;
  /** Positions that hold text; the rest is padding. */
  readonly length: number;
  /** [S]: which document each position is of, −1 for padding. Absent where the sequence is one document. */
  readonly documents?: Int32Array;
}

/** The text of one source, cut into sequences. */
export interface SourceData {
  readonly name: string;
  readonly kind: 'text' | 'instruction';
  readonly train: readonly Sequence[];
  /** Not trained on: the choices of a run (mixture, best round, what is protected) are made here. */
  readonly tuning: readonly Sequence[];
  /** Neither trained on nor chosen by: what is reported. */
  readonly validation: readonly Sequence[];
}

/** What one run of a graph takes: `batch` sequences of `sequence` tokens. */
export interface BatchShape extends TraceShape {
  /** The graph keeps documents that share a sequence apart. Default false: no sequence may hold more than one. */
  readonly documents?: boolean;
}

/** True when a graph for these sequences must keep documents apart. */
export const hasDocuments = (sequences: Iterable<Sequence>): boolean => {
  for (const { documents } of sequences) if (documents) return true;
  return false;
};

/** Positions that hold text. */
export const textTokens = (sequences: readonly Sequence[]): number =>
  sequences.reduce((sum, { length }) => sum + length, 0);

/** Share of the positions that is padding, in [0, 1]. */
export const paddingOf = (sequences: readonly Sequence[]): number => {
  const positions = sequences.reduce((sum, { ids }) => sum + ids.length, 0);
  return (positions - textTokens(sequences)) / Math.max(1, positions);
};

/**
 * Feeds of a logits graph: `input_ids` and, where the graph takes it, `documents`. Rows that are missing are padded, so
 * that every run has the graph's static shape.
 */
export const inputFeeds = (
  sequences: readonly Sequence[],
  { batch, sequence: length, documents = false }: BatchShape,
): Feeds => {
  if (!documents && hasDocuments(sequences))
    throw new Error('sequences of several documents are fed to a graph that does not keep them apart');
  const ids = new BigInt64Array(batch * length);
  const numbers = new Float32Array(documents ? ids.length : 0);
  for (const [row, sequence] of sequences.entries())
    for (let t = 0; t < length; t++) {
      ids[row * length + t] = BigInt(sequence.ids[t]!);
      if (documents) numbers[row * length + t] = sequence.documents?.[t] ?? 0;
    }
  const shape = [batch, length];
  return {
    input_ids: { shape, data: ids },
    ...(documents ? { [documentsName]: { shape, data: numbers } } : {}),
  };
};

/** Input `present`, float [batch · sequence]: 1 where a position holds text, 0 where it is padding. */
export const presence = (sequences: readonly Sequence[], { batch, sequence }: TraceShape): Tensor => {
  const data = new Float32Array(batch * sequence);
  sequences.forEach(({ length }, row) => {
    data.fill(1, row * sequence, row * sequence + length);
  });
  return { shape: [data.length], data };
};

/**
 * Feeds of a loss graph for at most `batch` sequences; missing rows have weight 0. Weights are divided by their sum: the
 * loss is a mean over counted tokens.
 * @returns the feeds and the number of counted tokens
 */
export const batchFeeds = (
  sequences: readonly Sequence[],
  shape: BatchShape,
): { readonly feeds: Feeds; readonly tokens: number } => {
  const tokens = countedTokens(sequences);
  return { tokens, feeds: lossFeeds(sequences, shape, tokens) };
};

/**
 * One step as the runs that it takes, of `shape.batch` sequences each. Weights are divided by the counted tokens of the
 * whole step, so that the losses of the runs, and their gradients, add up to those of one run with all sequences.
 */
export const stepFeeds = (sequences: readonly Sequence[], shape: BatchShape): Feeds[] => {
  const tokens = countedTokens(sequences);
  return Array.from({ length: Math.ceil(sequences.length / shape.batch) }, (_, run) =>
    lossFeeds(sequences.slice(run * shape.batch, (run + 1) * shape.batch), shape, tokens),
  );
};

/** Sum of all weights. */
export const countedTokens = (sequences: readonly Sequence[]): number =>
  sequences.reduce((sum, { weights }) => weights.reduce((total, weight) => total + weight, sum), 0);

const lossFeeds = (sequences: readonly Sequence[], shape: BatchShape, tokens: number): Feeds => {
  const length = shape.sequence;
  const targets = new BigInt64Array(shape.batch * length);
  const weights = new Float32Array(shape.batch * length);
  for (const [row, sequence] of sequences.entries())
    for (let t = 0; t < length; t++) {
      targets[row * length + t] = BigInt(sequence.targets[t]!);
      weights[row * length + t] = sequence.weights[t]! / Math.max(1, tokens);
    }
  return {
    ...inputFeeds(sequences, shape),
    targets: { shape: [targets.length], data: targets },
    weights: { shape: [weights.length], data: weights },
  };
};
