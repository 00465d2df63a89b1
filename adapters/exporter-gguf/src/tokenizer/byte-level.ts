import { type PreTokenizer, preTokenizers, tokenizerKeys } from '@secateur/adapter-checkpoint-gguf';
import { SecateurError } from '@secateur/core';
import type { MetadataValue } from '../file/metadata.js';
import { leaves } from './leaves.js';
import { type TokenizerJson, weightsAlone } from './read-tokenizer.js';
import type { Vocabulary } from './vocabulary.js';

/** BPE over the characters that stand for bytes. */
export const isByteLevel = ({ pre_tokenizer }: TokenizerJson): boolean =>
  leaves(pre_tokenizer, 'pretokenizers').some(({ type }) => type === 'ByteLevel');

/**
 * `tokenizer.ggml.model` gpt2.
 * @throws SecateurError E_EXPORT when llama.cpp has no name for how the tokenizer splits text
 */
export const byteLevelMetadata = (
  json: TokenizerJson,
  { tokens, types }: Vocabulary,
): readonly (readonly [key: string, value: MetadataValue])[] => [
  [tokenizerKeys.model, { type: 'string', value: 'gpt2' }],
  [tokenizerKeys.pre, { type: 'string', value: nameOf(json) }],
  [tokenizerKeys.tokens, { type: 'array', of: 'string', values: tokens }],
  [tokenizerKeys.tokenType, { type: 'array', of: 'i32', values: types }],
  [tokenizerKeys.merges, { type: 'array', of: 'string', values: json.model.merges.map(mergeText) }],
  [tokenizerKeys.addSpacePrefix, { type: 'bool', value: false }],
];

const mergeText = (merge: string | readonly [string, string]): string => {
  const text = typeof merge === 'string' ? merge : merge.join(' ');
  if (text.split(' ').length === 2) return text;
  throw new SecateurError(
    'E_EXPORT',
    `The tokenizer merges ${JSON.stringify(merge)}, expected two tokens without spaces.`,
    { hint: weightsAlone },
  );
};

const nameOf = (json: TokenizerJson): string => {
  const found = splittingOf(json);
  for (const [name, known] of found ? preTokenizers : []) if (isSame(known, found!)) return name;
  throw new SecateurError('E_EXPORT', 'The tokenizer splits text in a way that llama.cpp has no name for.', {
    hint: weightsAlone,
  });
};

const isSame = (a: PreTokenizer, b: PreTokenizer): boolean =>
  a.gpt2 === b.gpt2 &&
  a.splits.join('\n') === b.splits.join('\n') &&
  (a.ignoreMerges ?? false) === (b.ignoreMerges ?? false) &&
  a.normalizer === b.normalizer;

/** What the steps of tokenizer.json do; undefined when they do something else. */
const splittingOf = ({ normalizer, pre_tokenizer, model }: TokenizerJson): PreTokenizer | undefined => {
  const normalizers = leaves(normalizer, 'normalizers').map(({ type }) => type);
  if (normalizers.length > 1 || (normalizers.length === 1 && normalizers[0] !== 'NFC')) return undefined;
  const steps = leaves(pre_tokenizer, 'pretokenizers');
  const last = steps.at(-1);
  if (last?.type !== 'ByteLevel' || last.add_prefix_space === true) return undefined;
  const splits = steps.slice(0, -1).map(step => {
    if (step.type === 'Digits' && step.individual_digits === true) return '\\p{N}';
    const { Regex: expression } = (step.pattern ?? {}) as { Regex?: unknown };
    const isolates = step.type === 'Split' && step.behavior === 'Isolated' && step.invert !== true;
    return isolates && typeof expression === 'string' ? expression : undefined;
  });
  if (splits.includes(undefined)) return undefined;
  return {
    splits: splits as readonly string[],
    gpt2: last.use_regex !== false,
    ignoreMerges: model.ignore_merges ?? false,
    ...(normalizers.length > 0 ? { normalizer: 'NFC' } : {}),
  };
};
