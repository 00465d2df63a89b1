import { fault } from '../fault.js';
import { chatTemplateKey, tokenizerKeys } from '../format/metadata-keys.js';
import { type Fields, fieldsOf } from '../model/fields.js';
import { show } from '../reader/metadata.js';
import type { GgufFile } from '../reader/open-gguf.js';
import { byteLevelJson } from './byte-level.js';
import { sentencePieceJson } from './sentence-piece.js';
import { readSpecialIds, readVocabulary, type SpecialIds, type Vocabulary } from './vocabulary.js';

/** The tokenizer of a model folder. */
export interface TokenizerDocuments {
  /** By file name. */
  readonly documents: Readonly<Record<string, unknown>>;
  readonly ids: SpecialIds;
}

/**
 * tokenizer.json and tokenizer_config.json; nothing for a file without a tokenizer.
 * @param rows of the embedding
 * @param maxSequence tokens that the model reads at most
 * @throws SecateurError E_GGUF
 */
export const tokenizerOf = (gguf: GgufFile, rows: number, maxSequence: number): TokenizerDocuments => {
  const fields = fieldsOf(gguf);
  const model = fields.text(tokenizerKeys.model, 'none');
  // Both say that there is none: the first in this project, the second in llama.cpp.
  if (model === 'none' || model === 'no_vocab')
    return { documents: {}, ids: readSpecialIds(gguf.file, fields, rows) };
  const kind = kinds[model as keyof typeof kinds];
  if (!Object.hasOwn(kinds, model))
    throw fault(
      gguf.file,
      `has a tokenizer of the kind ${show(model)}, expected one of ${Object.keys(kinds).join(', ')}`,
      'Take the model folder that its maker published.',
    );
  const vocabulary = kind.complete(readVocabulary(gguf, rows));
  return {
    documents: {
      'tokenizer.json': kind.json(vocabulary),
      'tokenizer_config.json': settingsOf(vocabulary, maxSequence),
    },
    ids: vocabulary,
  };
};

const kinds = {
  llama: {
    json: sentencePieceJson,
    /** Ids that llama.cpp takes where a file does not say. */
    complete: (vocabulary: Vocabulary): Vocabulary => {
      const id = (given: number | undefined, otherwise: number) =>
        given ?? (otherwise < vocabulary.tokens.length ? otherwise : undefined);
      return {
        ...vocabulary,
        unknown: id(vocabulary.unknown, 0),
        bos: id(vocabulary.bos, 1),
        eos: id(vocabulary.eos, 2),
      };
    },
  },
  gpt2: { json: byteLevelJson, complete: (vocabulary: Vocabulary): Vocabulary => vocabulary },
} as const;

const settingsOf = (vocabulary: Vocabulary, maxSequence: number): Readonly<Record<string, unknown>> => {
  const { tokens, fields, bos, eos, unknown, padding } = vocabulary;
  const named = (key: string, id: number | undefined) => (id === undefined ? {} : { [key]: tokens[id]! });
  return {
    ...(fields.has(tokenizerKeys.addBos) ? { add_bos_token: fields.flag(tokenizerKeys.addBos, false) } : {}),
    ...(fields.has(tokenizerKeys.addEos) ? { add_eos_token: fields.flag(tokenizerKeys.addEos, false) } : {}),
    ...named('bos_token', bos),
    ...named('eos_token', eos),
    ...named('unk_token', unknown),
    ...named('pad_token', padding),
    ...chatTemplateOf(fields),
    clean_up_tokenization_spaces: false,
    model_max_length: maxSequence,
    tokenizer_class: 'PreTrainedTokenizerFast',
  };
};

/** One template, or a list with names, as transformers has it: `default`, and the others. */
const chatTemplateOf = (fields: Fields): Readonly<Record<string, unknown>> => {
  const usual = fields.has(tokenizerKeys.chatTemplate)
    ? [{ name: 'default', template: fields.text(tokenizerKeys.chatTemplate) }]
    : [];
  const names = fields.has(tokenizerKeys.chatTemplates) ? fields.texts(tokenizerKeys.chatTemplates) : [];
  const others = names
    .filter(name => name !== 'default')
    .map(name => ({ name, template: fields.text(chatTemplateKey(name)) }));
  if (others.length > 0) return { chat_template: [...usual, ...others] };
  return usual.length > 0 ? { chat_template: usual[0]!.template } : {};
};
