import { SecateurError } from '../errors.js';
import type { TextSource } from '../ports/text.js';
import type { Tokenizer } from '../ports/tokenizer.js';
import type { Sequence, SourceData } from './sequence.js';

export interface TokeniseOptions {
  /** Tokens per training sequence. */
  readonly sequence: number;
  /** Tokens per evaluation chunk, the first of which is only read. */
  readonly chunk: number;
  /** What is reported: a share of the source, taken from its end, or a source of its own. */
  readonly validation: number | TextSource;
  /** What choices are made on: a share of the rest, taken from its end, or a source of its own. Default: nothing. */
  readonly tuning?: number | TextSource | undefined;
  /** Told of instructions that are left out since their prompts fill a sequence. */
  readonly warn?: (message: string) => void;
  /** Size of the model's vocabulary: every id must be below it. */
  readonly vocabulary: number;
}

/**
 * Cuts a source into training, tuning and validation sequences, which share no token. Plain text is one stream, each
 * document behind a BOS, cut into windows; an instruction is a sequence of its own, padded, of which only the answer
 * counts.
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
    if (typeof from !== 'number') return streamOf(from, tokenizer, options.vocabulary);
    const split = tailStart(rest.length, from, chunk);
    const held = rest.subarray(split);
    rest = rest.subarray(0, split);
    return held;
  };
  const [held, tuned] = [
    part(options.validation),
    options.tuning === undefined ? undefined : part(options.tuning),
  ];
  const train = windows(rest, sequence, sequence);
  const validation = chunks(held, chunk, tokenizer.bos);
  const tuning = tuned ? chunks(tuned, chunk, tokenizer.bos) : [];
  if (train.length === 0 || validation.length === 0 || (tuned && tuning.length === 0))
    throw new SecateurError(
      'E_TEXT_SHORT',
      `the source "${source.name}" has ${rest.length} tokens to train on${tuned ? `, ${tuned.length} to tune on` : ''} and ${held.length} to validate on, expected at least ${sequence + 1}${tuned ? `, ${chunk}` : ''} and ${chunk}`,
      { hint: 'give a longer text, or lower train.sequence and evaluate.chunk' },
    );
  return { name: source.name, kind: 'text', train, tuning, validation };
};

/** Where the held-out share at the end of something begins; it holds `least` if there is so much. */
const tailStart = (length: number, share: number, least: number): number =>
  Math.max(0, length - Math.max(least, Math.floor(length * share)));

/** All documents as one stream, each behind a BOS where the tokenizer has one. */
const streamOf = (source: TextSource, tokenizer: Tokenizer, vocabulary: number): Int32Array => {
  const bos = tokenizer.bos === undefined ? [] : [tokenizer.bos];
  const ids = source.documents.flatMap(({ text }) => [...bos, ...tokenizer.encode(text)]);
  return Int32Array.from(checkIds(notEmpty(ids, source), vocabulary));
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

/**
 * The perplexity protocol of the pruning papers: one stream, BOS first where the tokenizer has one, cut into chunks
 * of `chunk` tokens; each chunk predicts its tokens but the first. The tail is dropped.
 */
export const chunks = (ids: Int32Array, chunk: number, bos: number | undefined): Sequence[] => {
  const stream = bos === undefined || ids[0] === bos ? ids : Int32Array.from([bos, ...ids]);
  return windows(stream, chunk - 1, chunk);
};

const tokeniseInstructions = (
  source: TextSource,
  tokenizer: Tokenizer,
  options: TokeniseOptions,
): SourceData => {
  const encode = (from: TextSource): Instruction[] =>
    from.documents.map(({ prompt = '', text }) => {
      const record = {
        prompt: [...(tokenizer.bos === undefined ? [] : [tokenizer.bos]), ...tokenizer.encode(prompt)],
        answer: [...tokenizer.encode(text), ...(tokenizer.eos === undefined ? [] : [tokenizer.eos])],
      };
      checkIds(notEmpty([...record.prompt, ...record.answer], from), options.vocabulary);
      return record;
    });
  let rest = encode(source);
  const part = (from: number | TextSource): Instruction[] => {
    if (typeof from !== 'number') return encode(from);
    const split = tailStart(rest.length, from, 1);
    const held = rest.slice(split);
    rest = rest.slice(0, split);
    return held;
  };
  let left = 0;
  const fit = (chosen: readonly Instruction[], length: number): Sequence[] =>
    chosen.flatMap(record => {
      if (record.prompt.length < length) return [padded(record, length)];
      left++;
      return [];
    });
  const validation = fit(part(options.validation), options.chunk - 1);
  const tuning = options.tuning === undefined ? undefined : fit(part(options.tuning), options.chunk - 1);
  const train = fit(rest, options.sequence);
  if (train.length === 0 || validation.length === 0 || tuning?.length === 0)
    throw new SecateurError(
      'E_TEXT_SHORT',
      `the source "${source.name}" has ${train.length} instructions to train on${tuning ? `, ${tuning.length} to tune on` : ''} and ${validation.length} to validate on that fit into ${options.sequence} and ${options.chunk - 1} tokens, expected at least 1 of each`,
      { hint: 'give more instructions, or raise train.sequence and evaluate.chunk' },
    );
  if (left > 0)
    options.warn?.(
      `${left} instructions of "${source.name}" are left out: their prompts alone fill a sequence of ${options.sequence} or a chunk of ${options.chunk} tokens`,
    );
  return { name: source.name, kind: 'instruction', train, tuning: tuning ?? [], validation };
};

interface Instruction {
  readonly prompt: readonly number[];
  readonly answer: readonly number[];
}

const padded = ({ prompt, answer }: Instruction, length: number): Sequence => {
  const ids = [...prompt, ...answer].slice(0, length + 1);
  const sequence = {
    ids: new Int32Array(length),
    targets: new Int32Array(length),
    weights: new Float32Array(length),
    length: Math.min(length, ids.length - 1),
  };
  sequence.ids.set(ids.slice(0, sequence.length));
  sequence.targets.set(ids.slice(1, sequence.length + 1));
  sequence.weights.fill(1, Math.max(0, prompt.length - 1), sequence.length);
  return sequence;
};

const notEmpty = (ids: readonly number[], source: TextSource): readonly number[] => {
  if (ids.length > 0) return ids;
  throw new SecateurError('E_TEXT_EMPTY', `the source "${source.name}" gives no tokens, expected some text`, {
    hint: `check text.${source.name}`,
  });
};

/**
 * The ids, if the model has an embedding for each of them.
 * @throws SecateurError E_TOKENIZER
 */
export const checkIds = (ids: readonly number[], vocabulary: number): readonly number[] => {
  for (const id of ids) {
    if (Number.isInteger(id) && id >= 0 && id < vocabulary) continue;
    const limit =
      id >= vocabulary
        ? `but the model's vocabulary ends at ${vocabulary - 1}`
        : 'expected a whole number from 0 on';
    throw new SecateurError('E_TOKENIZER', `the tokenizer gives the id ${id}, ${limit}`, {
      hint: 'use the tokenizer.json that belongs to the model',
    });
  }
  return ids;
};
