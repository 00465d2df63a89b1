type Json = Readonly<Record<string, unknown>>;

/** A run of SentencePiece's space marks with what follows it, up to the next run. */
const words = { type: 'Split', pattern: { Regex: '▁+[^▁]*|[^▁]+' }, behavior: 'Isolated', invert: false };

/**
 * Lets a BPE tokenizer that merges over the whole text merge word by word, which gives the same ids in a tenth of the
 * time. It is exact where no piece has a space mark behind another character, as then no merge crosses the start of a
 * word; all else is returned as it is.
 */
export const splitAtSpaces = (tokenizer: Json): Json => {
  const { model, pre_tokenizer: splitter } = tokenizer;
  if (splitter !== null || !isBpe(model)) return tokenizer;
  return Object.keys(model.vocab).some(piece => /[^▁]▁/.test(piece))
    ? tokenizer
    : { ...tokenizer, pre_tokenizer: words };
};

const isBpe = (model: unknown): model is { readonly vocab: object } => {
  if (typeof model !== 'object' || model === null) return false;
  const { type, vocab } = model as Json;
  return type === 'BPE' && typeof vocab === 'object' && vocab !== null;
};
