import { SecateurError } from '../errors.js';
import type { TextSource } from '../ports/text.js';
import type { Tokenizer } from '../ports/tokenizer.js';
import { joined, pack } from './pack.js';
import type { Sequence, SourceData } from './sequence.js';
import { checkIds, notEmpty, tailStart } from './token-ids.js';
import type { Packing, TokeniseOptions } from './tokenise.js';

/**
 * Sequences of instruction records, of which only the answers count. Records share a sequence where they are packed; an
 * answer that is too long for one is cut, a prompt that is too long is left out.
 * @throws SecateurError E_TEXT_EMPTY, E_TEXT_SHORT, E_TOKENIZER
 */
export const tokeniseInstructions = (
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
  const fit = (chosen: readonly Instruction[], length: number): Sequence[] => {
    const fitting = chosen.filter(({ prompt }) => prompt.length < length);
    left += chosen.length - fitting.length;
    return fitting.map(record => unpadded(record, length));
  };
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
  const { sequence, chunk, packing = 'none' } = options;
  return {
    name: source.name,
    kind: 'instruction',
    train: layOut(train, sequence, packing),
    tuning: layOut(tuning ?? [], chunk - 1, packing),
    validation: layOut(validation, chunk - 1, packing),
  };
};

/** Records in sequences of `length` positions: one in each, or as many as fit. */
const layOut = (records: readonly Sequence[], length: number, packing: Packing): Sequence[] => {
  const alone = records.map((_, index) => [index]);
  const lengths = records.map(record => record.length);
  return (packing === 'none' ? alone : pack(lengths, length)).map(shared =>
    joined(
      shared.map(index => records[index]!),
      length,
    ),
  );
};

interface Instruction {
  readonly prompt: readonly number[];
  readonly answer: readonly number[];
}

/** One record without padding, cut to `length`. */
const unpadded = ({ prompt, answer }: Instruction, length: number): Sequence => {
  const ids = Int32Array.from([...prompt, ...answer].slice(0, length + 1));
  const positions = ids.length - 1;
  return {
    ids: ids.slice(0, -1),
    targets: ids.slice(1),
    weights: new Float32Array(positions).fill(1, Math.max(0, prompt.length - 1)),
    length: positions,
  };
};
