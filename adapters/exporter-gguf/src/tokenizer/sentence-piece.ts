import { splitsOf, tokenizerKeys, tokenTypes } from '@secateur/adapter-checkpoint-gguf';
import { SecateurError } from '@secateur/core';
import type { MetadataValue } from '../file/metadata.js';
import { leaves, type Step } from './leaves.js';
import { type TokenizerJson, weightsAlone } from './read-tokenizer.js';
import type { Vocabulary } from './vocabulary.js';

type Entry = readonly [key: string, value: MetadataValue];

/** SentencePiece's mark for a space. */
const SPACE = '▁';

/** SentencePiece's BPE: characters that are no piece become bytes. */
export const isSentencePiece = ({ model }: TokenizerJson): boolean => model.byte_fallback === true;

/**
 * `tokenizer.ggml.model` llama. llama.cpp merges the neighbours that make the piece with the highest score, whichever
 * pair they are; tokenizer.json merges the pair that comes first. Both are the same when the pieces' scores have the
 * order in which the pairs that make them come, and all pairs that make a piece are listed, as in conversions from
 * SentencePiece.
 * @throws SecateurError E_EXPORT when llama.cpp would give other ids
 */
export const sentencePieceMetadata = (json: TokenizerJson, vocabulary: Vocabulary): readonly Entry[] => {
  const bytes = vocabulary.types.filter(type => type === tokenTypes.byte).length;
  if (bytes !== 256) throw cannot(`has ${bytes} tokens for bytes, expected 256`);
  return [
    [tokenizerKeys.model, { type: 'string', value: 'llama' }],
    [tokenizerKeys.pre, { type: 'string', value: 'default' }],
    [tokenizerKeys.tokens, { type: 'array', of: 'string', values: vocabulary.tokens }],
    [tokenizerKeys.scores, { type: 'array', of: 'f32', values: scoresOf(json, vocabulary) }],
    [tokenizerKeys.tokenType, { type: 'array', of: 'i32', values: vocabulary.types }],
    [tokenizerKeys.addSpacePrefix, { type: 'bool', value: addsSpacePrefix(json) }],
  ];
};

const scoresOf = ({ model }: TokenizerJson, { tokens, types, ids }: Vocabulary): readonly number[] => {
  const ranks = new Map<string, number>();
  const pairs = new Set<string>();
  let last: string | undefined;
  for (const merge of model.merges) {
    const [left, right] = typeof merge === 'string' ? merge.split(' ') : merge;
    const piece = `${left}${right}`;
    pairs.add(`${left} ${right}`);
    if (!ranks.has(piece)) ranks.set(piece, ranks.size);
    else if (piece !== last) throw cannot(`merges ${piece} at two ranks`);
    last = piece;
  }
  const isPiece = (text: string): boolean => types[ids.get(text) ?? -1] === tokenTypes.normal;
  tokens.forEach((token, id) => {
    if (types[id] !== tokenTypes.normal) return;
    for (const [left, right] of splitsOf(token))
      if (isPiece(left) && isPiece(right) && !pairs.has(`${left} ${right}`))
        throw cannot(`does not merge ${left} and ${right}, though ${token} is a token`);
  });
  // What no pair makes comes last.
  return tokens.map((token, id) =>
    types[id] === tokenTypes.normal ? -1 - (ranks.get(token) ?? ranks.size) : 0,
  );
};

/**
 * Whether a text begins with a space of its own. Every space becomes ▁, in the normalizer or by Metaspace: llama.cpp does
 * that to all files, and nothing else.
 */
const addsSpacePrefix = ({ normalizer, pre_tokenizer }: TokenizerJson): boolean => {
  let [prefix, marked] = [false, false];
  for (const step of [...leaves(normalizer, 'normalizers'), ...leaves(pre_tokenizer, 'pretokenizers')])
    switch (step.type) {
      case 'Prepend':
        if (step.prepend !== SPACE)
          throw cannot(`prepends ${JSON.stringify(step.prepend)} to text, expected ${SPACE}`);
        prefix = true;
        break;
      case 'Metaspace':
        if ((step.replacement ?? SPACE) !== SPACE)
          throw cannot(`writes a space as ${JSON.stringify(step.replacement)}, expected ${SPACE}`);
        prefix ||= prefixOf(step) !== 'never';
        marked = true;
        break;
      case 'Replace':
        if ((step.pattern as { String?: unknown } | null)?.String !== ' ' || step.content !== SPACE)
          throw cannot(
            `replaces ${JSON.stringify(step.pattern)} by ${JSON.stringify(step.content)}, expected a space by ${SPACE}`,
          );
        marked = true;
        break;
      default:
        throw cannot(`prepares text by ${step.type}, expected Prepend, Replace or Metaspace`);
    }
  if (!marked) throw cannot(`leaves spaces as they are, expected ${SPACE} for each`);
  return prefix;
};

/** `always`, `first` or `never`; older files say it in another way. */
const prefixOf = ({ prepend_scheme: scheme, add_prefix_space: adds }: Step): unknown =>
  scheme ?? (adds === false ? 'never' : 'always');

/** Whether a space is put before the text only, and not behind control tokens in it, as llama.cpp does. */
export const prefixesFirstOnly = ({ pre_tokenizer }: TokenizerJson): boolean =>
  leaves(pre_tokenizer, 'pretokenizers').some(
    step => step.type === 'Metaspace' && prefixOf(step) === 'first',
  );

const cannot = (what: string): SecateurError =>
  new SecateurError(
    'E_EXPORT',
    `The tokenizer ${what}: llama.cpp would give other ids than tokenizer.json.`,
    {
      hint: weightsAlone,
    },
  );
