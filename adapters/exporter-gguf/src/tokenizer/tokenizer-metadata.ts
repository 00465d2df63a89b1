import { tokenizerKeys } from '@secateur/adapter-checkpoint-gguf';
import { type ModelConfig, SecateurError } from '@secateur/core';
import type { MetadataValue } from '../file/metadata.js';
import { byteLevelMetadata, isByteLevel } from './byte-level.js';
import { leaves, type Step } from './leaves.js';
import { readTokenizer, type TokenizerFiles } from './read-tokenizer.js';
import { isSentencePiece, sentencePieceMetadata } from './sentence-piece.js';
import { type Vocabulary, vocabularyOf } from './vocabulary.js';

type Entry = readonly [key: string, value: MetadataValue];

export interface TokenizerMetadata {
  readonly entries: readonly Entry[];
  readonly notes: readonly string[];
}

/**
 * The tokenizer of a model folder, as metadata of a GGUF file.
 * @param vocabulary tokens of the model
 * @throws SecateurError E_TOKENIZER, and E_EXPORT when llama.cpp would give other ids
 */
export const tokenizerMetadata = async (
  companions: readonly string[],
  config: ModelConfig,
  vocabulary: number,
): Promise<TokenizerMetadata> => {
  const files = await readTokenizer(companions);
  if (!files)
    return {
      entries: [[tokenizerKeys.model, { type: 'string', value: 'none' }]],
      notes: ['The model folder has no tokenizer.json, so the file takes and gives token ids only.'],
    };
  const sentencePiece = isSentencePiece(files.json);
  if (!sentencePiece && !isByteLevel(files.json))
    throw new SecateurError(
      'E_EXPORT',
      'The tokenizer neither falls back to bytes nor works on bytes, expected one of both.',
      { hint: 'Take tokenizer.json out of the folder to write the weights alone.' },
    );
  const tokens = vocabularyOf(files.json, vocabulary, sentencePiece);
  return {
    entries: [
      ...(sentencePiece ? sentencePieceMetadata : byteLevelMetadata)(files.json, tokens),
      ...specialIds(files, config, tokens),
      ...(files.chatTemplate === undefined
        ? []
        : [[tokenizerKeys.chatTemplate, { type: 'string', value: files.chatTemplate }] as const]),
    ],
    notes: notesOf(files, tokens),
  };
};

const notesOf = ({ json }: TokenizerFiles, { unused }: Vocabulary): readonly string[] => [
  ...(unused > 0
    ? [`The model has ${unused} ids that its tokenizer does not use; the file calls them [PAD…].`]
    : []),
  ...(leaves(json.normalizer, 'normalizers').some(({ type }) => type === 'NFC')
    ? ['The tokenizer normalises text to NFC, which llama.cpp does not: ids differ for text that is not NFC.']
    : []),
];

/** Ids with a meaning, and which of them stand around a text. llama.cpp's defaults are no answer: all is said. */
const specialIds = (
  { json, config: settings }: TokenizerFiles,
  config: ModelConfig,
  { ids }: Vocabulary,
): readonly Entry[] => {
  const named = (key: string): number | undefined => {
    const given = settings[key];
    const content = typeof given === 'string' ? given : (given as { content?: unknown } | null)?.content;
    return typeof content === 'string' ? ids.get(content) : undefined;
  };
  const numbered = (key: string): number | undefined => {
    const given = Array.isArray(config[key]) ? config[key][0] : config[key];
    return typeof given === 'number' && Number.isInteger(given) && given >= 0 ? given : undefined;
  };
  const bos = named('bos_token') ?? numbered('bos_token_id');
  const eos = named('eos_token') ?? numbered('eos_token_id');
  const unknown = named('unk_token') ?? ids.get(json.model.unk_token ?? '');
  const padding = named('pad_token') ?? numbered('pad_token_id');
  const known: readonly (readonly [string, number | undefined])[] = [
    [tokenizerKeys.bos, bos],
    [tokenizerKeys.eos, eos],
    [tokenizerKeys.unknown, unknown],
    [tokenizerKeys.padding, padding],
  ];
  const flag = (key: string, id: number | undefined, side: 'first' | 'last'): boolean =>
    id !== undefined &&
    (typeof settings[key] === 'boolean' ? settings[key] : templateHas(json, ids, id, side));
  return [
    ...known.flatMap(([key, id]): Entry[] => (id === undefined ? [] : [[key, { type: 'u32', value: id }]])),
    [tokenizerKeys.addBos, { type: 'bool', value: flag('add_bos_token', bos, 'first') }],
    [tokenizerKeys.addEos, { type: 'bool', value: flag('add_eos_token', eos, 'last') }],
  ];
};

/** Whether the template for a single text begins or ends with that token. */
const templateHas = (
  { post_processor }: { readonly post_processor?: unknown },
  ids: ReadonlyMap<string, number>,
  id: number,
  side: 'first' | 'last',
): boolean => {
  const template = leaves(post_processor, 'processors').find(({ type }) => type === 'TemplateProcessing');
  const single = (template as (Step & { single?: unknown }) | undefined)?.single;
  if (!Array.isArray(single)) return false;
  const name = single.at(side === 'first' ? 0 : -1)?.SpecialToken?.id;
  return typeof name === 'string' && ids.get(name) === id;
};
