import { CONTROL_PIECES, type Piece } from './tokenizer-bin.js';

/** SentencePiece's mark for a space. */
const SPACE = '▁';
const controls = ['<unk>', '<s>', '</s>'] as const;

/**
 * The tokenizer.json whose ids are those of llama2.c's `encode` without BOS and EOS: a space before the text, characters
 * that are no piece as bytes, then the best pair merged again and again.
 *
 * Two differences remain, both of the format: text that spells <s> or </s> becomes the special id, and a ▁ in the text
 * is taken for a space.
 */
export const tokenizerJson = (pieces: readonly Piece[]): Readonly<Record<string, unknown>> => {
  const names = pieces.map(({ text }, id) => controls[id] ?? text.replaceAll(' ', SPACE));
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: controls.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'Prepend', prepend: SPACE },
        { type: 'Replace', pattern: { String: ' ' }, content: SPACE },
      ],
    },
    pre_tokenizer: null,
    post_processor: {
      type: 'TemplateProcessing',
      single: [special('<s>', 0), sequence('A', 0)],
      pair: [special('<s>', 0), sequence('A', 0), special('<s>', 1), sequence('B', 1)],
      special_tokens: { '<s>': { id: '<s>', ids: [1], tokens: ['<s>'] } },
    },
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: SPACE }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        { type: 'Strip', content: ' ', start: 1, stop: 0 },
      ],
    },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: '<unk>',
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: true,
      byte_fallback: true,
      ignore_merges: false,
      vocab: Object.fromEntries(names.map((name, id) => [name, id])),
      merges: mergesOf(names, pieces),
    },
  };
};

const special = (id: string, type: number) => ({ SpecialToken: { id, type_id: type } });
const sequence = (id: string, type: number) => ({ Sequence: { id, type_id: type } });

/**
 * Every pair of pieces that makes a piece, best score first, spelled with a space between: no piece holds one.
 * llama2.c merges any such pair, not only those that were merged in training. Equal scores go by id.
 */
const mergesOf = (names: readonly string[], pieces: readonly Piece[]): readonly string[] => {
  const mergeable = new Set(names.slice(CONTROL_PIECES));
  return names
    .map((name, id) => ({ name, id, score: pieces[id]!.score }))
    .slice(CONTROL_PIECES)
    .sort((a, b) => b.score - a.score || a.id - b.id)
    .flatMap(({ name }) => splitsOf(name))
    .filter(([left, right]) => mergeable.has(left) && mergeable.has(right))
    .map(pair => pair.join(' '));
};

/** All ways to cut a text in two between characters. */
const splitsOf = (text: string): readonly (readonly [left: string, right: string])[] => {
  const characters = [...text];
  return characters
    .slice(1)
    .map((_, i) => [characters.slice(0, i + 1).join(''), characters.slice(i + 1).join('')]);
};
