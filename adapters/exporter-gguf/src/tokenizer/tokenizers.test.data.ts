/** Tokens that stand for bytes. */
export const bytePieces: readonly string[] = Array.from(
  { length: 256 },
  (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
);

const ids = (tokens: readonly string[]): Readonly<Record<string, number>> =>
  Object.fromEntries(tokens.map((token, id) => [token, id]));

const added = (content: string, id: number, special: boolean) => ({ id, content, special });

/** tokenizer.json of SentencePiece's BPE: 3 control tokens, 256 bytes, 6 pieces and an added token. */
export const sentencePiece = () => ({
  added_tokens: [
    added('<unk>', 0, true),
    added('<s>', 1, true),
    added('</s>', 2, true),
    added('<extra>', 265, false),
  ],
  normalizer: {
    type: 'Sequence',
    normalizers: [
      { type: 'Prepend', prepend: '▁' },
      { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
    ],
  },
  pre_tokenizer: null as object | null,
  post_processor: {
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
  },
  model: {
    type: 'BPE',
    unk_token: '<unk>',
    byte_fallback: true,
    vocab: ids(['<unk>', '<s>', '</s>', ...bytePieces, '▁', 'a', 'b', '▁a', 'ab', '▁ab']),
    merges: ['▁ a', 'a b', '▁ ab', '▁a b'],
  },
});

/** tokenizer.json of a BPE over bytes, with these steps. */
export const byteLevel = (parts: Readonly<Record<string, unknown>>, ignoreMerges = false) => ({
  added_tokens: [added('<|end|>', 258, true)],
  normalizer: null,
  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: true },
  model: {
    type: 'BPE',
    ignore_merges: ignoreMerges,
    vocab: ids([...Array.from({ length: 253 }, (_, i) => `x${i}`), 'Ġ', 'a', 'b', 'Ġa', 'Ġab']),
    merges: ['Ġ a', ['Ġa', 'b']],
  },
  ...parts,
});
