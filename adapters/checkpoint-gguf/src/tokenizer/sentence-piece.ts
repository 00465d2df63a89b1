import { fault } from '../fault.js';
import { tokenizerKeys, tokenTypes } from '../format/metadata-keys.js';
import { splitsOf } from './splits.js';
import { addedTokens, isAdded, templateOf, type Vocabulary } from './vocabulary.js';

/** SentencePiece's mark for a space. */
const SPACE = '▁';

/** Characters in all ways to cut all tokens in two: ten times those of Gemma's 256,000 tokens. */
const MOST_SPLIT = 2 ** 28;

/**
 * tokenizer.json of `tokenizer.ggml.model` llama: SentencePiece's BPE, where of two pairs the one merges that makes the
 * piece with the higher score. Characters that are no piece become bytes.
 * @throws SecateurError E_GGUF
 */
export const sentencePieceJson = (vocabulary: Vocabulary): Readonly<Record<string, unknown>> => {
  const { file, fields, tokens, types, bos, eos, unknown } = vocabulary;
  const scores = fields.numbers(tokenizerKeys.scores);
  if (scores.length !== tokens.length)
    throw fault(file, `has ${scores.length} scores for ${tokens.length} tokens, expected one for each`);
  const splits = tokens.reduce((sum, token) => sum + token.length ** 2, 0);
  if (splits > MOST_SPLIT)
    throw fault(file, 'has so many long tokens that their merges cannot be listed, expected words');
  const prefix = fields.flag(tokenizerKeys.addSpacePrefix, true);
  const addBos = fields.flag(tokenizerKeys.addBos, true);
  const addEos = fields.flag(tokenizerKeys.addEos, false);
  const toMark = { type: 'Replace', pattern: { String: ' ' }, content: SPACE };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: addedTokens(vocabulary),
    normalizer: prefix
      ? { type: 'Sequence', normalizers: [{ type: 'Prepend', prepend: SPACE }, toMark] }
      : toMark,
    pre_tokenizer: null,
    post_processor: templateOf(vocabulary, addBos ? bos : undefined, addEos ? eos : undefined),
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: SPACE }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        ...(prefix ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : []),
      ],
    },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: unknown === undefined ? null : tokens[unknown]!,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: true,
      byte_fallback: types.includes(tokenTypes.byte),
      ignore_merges: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: mergesOf(vocabulary, scores),
    },
  };
};

/**
 * Every pair of pieces that makes a piece, best score first, equal scores by id. Merging is not bound to the pairs that
 * training merged.
 */
const mergesOf = (
  { tokens, types }: Vocabulary,
  scores: readonly number[],
): readonly (readonly [string, string])[] => {
  const pieces = tokens
    .map((text, id) => ({ text, id, score: scores[id]! }))
    .filter(({ id }) => !isAdded(types[id]!) && types[id] !== tokenTypes.byte);
  const mergeable = new Set(pieces.map(({ text }) => text));
  return pieces
    .sort((a, b) => b.score - a.score || a.id - b.id)
    .flatMap(({ text }) =>
      splitsOf(text).filter(([left, right]) => mergeable.has(left) && mergeable.has(right)),
    );
};
