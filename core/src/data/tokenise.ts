import { SecateurError } from '../errors.js';
import type { TextSource } from '../ports/text.js';
import type { Tokenizer } from '../ports/tokenizer.js';
import { tokeniseInstructions } from './instructions.js';
import type { Sequence, SourceData } from './sequence.js';
import { checkIds, notEmpty, tailStart } from './token-ids.js';

/** What shares a sequence and is kept apart there: nothing, instruction records, or documents of plain text too. */
export type Packing = 'none' | 'instructions' | 'documents';

export interface TokeniseOptions {
  /** Tokens per training sequence. */
  readonly sequence: number;
  /** Tokens per evaluation chunk, the first of which is only read. */
  readonly chunk: number;
  /** What is reported: a share of the source, taken from its end, or a source of its own. */
  readonly validation: number | TextSource;
  /** What choices are made on: a share of the rest, taken from its end, or a source of its own. Default: nothing. */
  readonly tuning?: number | TextSource | undefined;
  /** Default `none`. */
  readonly packing?: Packing;
  /** Told of instructions that are left out since their prompts fill a sequence. */
  readonly warn?: (message: string) => void;
  /** Size of the model's vocabulary: every id must be below it. */
  readonly vocabulary: number;
}

/**
 * Cuts a source into training, tuning and validation sequences, which share no token. Plain text is one stream, each
 * document behind a BOS, cut into windows; of an instruction only the answer counts.
 *
 * With `packing` `none` an instruction is a sequence of its own, padded; otherwise several share one where they fit. With
 * `documents` the documents of a training window of plain text are kept apart too: none sees the one before it, nor
 * predicts the first token of the next. What is measured stays one stream, the protocol of {@link chunks}.
 * @throws SecateurError E_TEXT_EMPTY, E_TEXT_SHORT, E_TOKENIZER
 */
export const tokeniseSource = (
  source: TextSource,
  tokenizer: Tokenizer,
  options: TokeniseOptions,
): SourceData =>
  source.kind === 'text'
    ? tokeniseText(source, tokenizer, options)
    : tokeniseInstructions(source, tokenizer, options);

const tokeniseText = (source: TextSource, tokenizer: Tokenizer, options: TokeniseOptions): SourceData => {
  const { chunk, sequence } = options;
  let rest = streamOf(source, tokenizer, options.vocabulary);
  const part = (from: number | TextSource): Int32Array => {
    if (typeof from !== 'number') return streamOf(from, tokenizer, options.vocabulary).ids;
    const { ids, starts } = rest;
    const split = tailStart(ids.length, from, chunk);
    rest = { ids: ids.subarray(0, split), starts };
    return ids.subarray(split);
  };
  const [held, tuned] = [
    part(options.validation),
    options.tuning === undefined ? undefined : part(options.tuning),
  ];
  const read = windows(rest.ids, sequence, sequence);
  const train = options.packing === 'documents' ? separated(read, rest.starts) : read;
  const validation = chunks(held, chunk, tokenizer.bos);
  const tuning = tuned ? chunks(tuned, chunk, tokenizer.bos) : [];
  if (train.length === 0 || validation.length === 0 || (tuned && tuning.length === 0))
    throw new SecateurError(
      'E_TEXT_SHORT',
      `the source "${source.name}" has ${rest.ids.length} tokens to train on${tuned ? `, ${tuned.length} to tune on` : ''} and ${held.length} to validate on, expected at least ${sequence + 1}${tuned ? `, ${chunk}` : ''} and ${chunk}`,
      { hint: 'give a longer text, or lower train.sequence and evaluate.chunk' },
    );
  return { name: source.name, kind: 'text', train, tuning, validation };
};

interface Stream {
  readonly ids: Int32Array;
  /** Where documents begin, in ascending order. */
  readonly starts: ReadonlySet<number>;
}

/** All documents that are not blank as one stream, each behind a BOS where the tokenizer has one. */
const streamOf = (source: TextSource, tokenizer: Tokenizer, vocabulary: number): Stream => {
  const bos = tokenizer.bos === undefined ? [] : [tokenizer.bos];
  const starts = new Set<number>();
  let length = 0;
  const ids = source.documents.flatMap(({ text }) => {
    if (text.trim() === '') return [];
    const own = [...bos, ...tokenizer.encode(text)];
    starts.add(length);
    length += own.length;
    return own;
  });
  return { ids: Int32Array.from(checkIds(notEmpty(ids, source), vocabulary)), starts };
};

/** Windows of `length` inputs and as many targets, starting every `stride` tokens. The tail is dropped. */
const windows = (ids: Int32Array, length: number, stride: number): Sequence[] => {
  const count = Math.max(0, Math.floor((ids.length - 1 - length) / stride) + 1);
  return Array.from({ length: count }, (_, i) => pairs(ids.subarray(i * stride, i * stride + length + 1)));
};

const pairs = (ids: Int32Array): Sequence => ({
  ids: ids.slice(0, -1),
  targets: ids.slice(1),
  weights: new Float32Array(ids.length - 1).fill(1),
  length: ids.length - 1,
});

/** Windows that follow on each other, with their documents kept apart. `starts` counts from the first window. */
const separated = (followers: readonly Sequence[], starts: ReadonlySet<number>): Sequence[] =>
  followers.map((window, i) => {
    const begin = i * window.length;
    let number = 0;
    const documents = Int32Array.from(window.ids, (_, t) =>
      t > 0 && starts.has(begin + t) ? ++number : number,
    );
    const weights = window.weights.map((weight, t) => (starts.has(begin + t + 1) ? 0 : weight));
    return { ...window, weights, ...(number > 0 ? { documents } : {}) };
  });

/**
 * The perplexity protocol of the pruning papers: one stream, BOS first where the tokenizer has one, cut into chunks
 * of `chunk` tokens; each chunk predicts its tokens but the first. The tail is dropped.
 */
export const chunks = (ids: Int32Array, chunk: number, bos: number | undefined): Sequence[] => {
  const stream = bos === undefined || ids[0] === bos ? ids : Int32Array.from([bos, ...ids]);
  return windows(stream, chunk - 1, chunk);
};
