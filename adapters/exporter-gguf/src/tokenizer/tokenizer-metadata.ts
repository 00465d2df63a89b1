import { chatTemplateKey, tokenizerKeys } from '@secateur/adapter-checkpoint-gguf';
import { type ModelConfig, SecateurError } from '@secateur/core';
import type { MetadataValue } from '../file/metadata.js';
import { byteLevelMetadata, isByteLevel } from './byte-level.js';
import { leaves } from './leaves.js';
import { readTokenizer, type TokenizerFiles, weightsAlone } from './read-tokenizer.js';
import { isSentencePiece, prefixesFirstOnly, sentencePieceMetadata } from './sentence-piece.js';
import { idEntries } from './special-ids.js';
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
      entries: [[tokenizerKeys.model, { type: 'string', value: 'none' }], ...idEntries(config, vocabulary)],
      notes: ['The model folder has no tokenizer.json, so the file takes and gives token ids only.'],
    };
  const sentencePiece = isSentencePiece(files.json);
  if (!sentencePiece && !isByteLevel(files.json))
    throw cannotSay('neither falls back to bytes nor works on bytes, expected one of these');
  const { continuing_subword_prefix: prefix, end_of_word_suffix: suffix } = files.json.model;
  if (prefix || suffix)
    throw cannotSay('marks where words begin or end in its tokens, which llama.cpp does not');
  const tokens = vocabularyOf(files.json, vocabulary, sentencePiece);
  return {
    entries: [
      ...(sentencePiece ? sentencePieceMetadata : byteLevelMetadata)(files.json, tokens),
      ...idEntries(config, vocabulary, { files, tokens }),
      ...templateEntries(files),
    ],
    notes: notesOf(files, tokens),
  };
};

const cannotSay = (what: string): SecateurError =>
  new SecateurError('E_EXPORT', `The tokenizer ${what}.`, {
    hint: weightsAlone,
  });

const notesOf = ({ json }: TokenizerFiles, { unused }: Vocabulary): readonly string[] => {
  const strict = (json.added_tokens ?? []).filter(token => token.lstrip || token.rstrip || token.single_word);
  return [
    ...(unused > 0
      ? [`The model has ${unused} ids that its tokenizer does not use; the file calls them [PAD…].`]
      : []),
    ...(leaves(json.normalizer, 'normalizers').some(({ type }) => type === 'NFC')
      ? [
          'The tokenizer normalises text to NFC, which llama.cpp does not: ids differ for text that is not NFC.',
        ]
      : []),
    ...(strict.length > 0
      ? [
          `The tokenizer takes spaces around ${strict[0]!.content}${strict.length > 1 ? ' and others' : ''} into account, which llama.cpp does not: ids differ there.`,
        ]
      : []),
    ...(prefixesFirstOnly(json)
      ? [
          'The tokenizer puts a space before a text alone, llama.cpp also behind control tokens in it: ids differ there.',
        ]
      : []),
  ];
};

/** The default, and others by name. */
const templateEntries = ({ chatTemplates }: TokenizerFiles): readonly Entry[] => {
  const others = [...chatTemplates.keys()].filter(name => name !== 'default');
  return [
    ...(others.length > 0
      ? [[tokenizerKeys.chatTemplates, { type: 'array', of: 'string', values: others }] as const]
      : []),
    ...[...chatTemplates].map(
      ([name, value]): Entry => [
        name === 'default' ? tokenizerKeys.chatTemplate : chatTemplateKey(name),
        { type: 'string', value },
      ],
    ),
  ];
};
