import type { Feeds } from '../ports/engine.js';

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

/**
 * Feeds of a loss graph for `rows` sequences; missing rows are padded with weight 0, so that every batch has the
 * graph's static shape. Weights are divided by their sum: the loss is a mean over counted tokens.
 * @returns the feeds and the number of counted tokens
 */
export const batchFeeds = (
  sequences: readonly Sequence[],
  rows: number,
  length: number,
): { readonly feeds: Feeds; readonly tokens: number } => {
  const ids = new BigInt64Array(rows * length);
  const targets = new BigInt64Array(rows * length);
  const weights = new Float32Array(rows * length);
  let tokens = 0;
  sequences.forEach((sequence, row) => {
    for (let t = 0; t < length; t++) {
      const at = row * length + t;
      ids[at] = BigInt(sequence.ids[t]!);
      targets[at] = BigInt(sequence.targets[t]!);
      weights[at] = sequence.weights[t]!;
      tokens += sequence.weights[t]!;
    }
  });
  for (let i = 0; i < weights.length; i++) weights[i] = weights[i]! / Math.max(1, tokens);
  return {
    tokens,
    feeds: {
      input_ids: { shape: [rows, length], data: ids },
      targets: { shape: [rows * length], data: targets },
      weights: { shape: [rows * length], data: weights },
    },
  };
};
