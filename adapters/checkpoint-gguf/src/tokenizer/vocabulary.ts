import { fault } from '../fault.js';
import { tokenizerKeys, tokenTypes } from '../format/metadata-keys.js';
import { type Fields, fieldsOf } from '../model/fields.js';
import { show } from '../reader/metadata.js';
import type { GgufFile } from '../reader/open-gguf.js';

/** Ids with a meaning, as far as the file gives them. */
export interface SpecialIds {
  readonly bos: number | undefined;
  readonly eos: number | undefined;
  /** Ends a turn of a conversation, where EOS does not. */
  readonly eot: number | undefined;
  readonly unknown: number | undefined;
  readonly padding: number | undefined;
}

/** The tokens of a model, by id. */
export interface Vocabulary extends SpecialIds {
  readonly file: string;
  /** No two are equal. */
  readonly tokens: readonly string[];
  /** As {@link tokenTypes} counts. */
  readonly types: readonly number[];
  readonly fields: Fields;
}

/** Longer tokens are damage: the longest of known models are runs of spaces of a few hundred. */
export const LONGEST_TOKEN = 1024;

/**
 * @param rows of the embedding
 * @throws SecateurError E_GGUF
 */
export const readVocabulary = (gguf: GgufFile, rows: number): Vocabulary => {
  const { file } = gguf;
  const fields = fieldsOf(gguf);
  // llama.cpp gives an empty token a name, too: a second one could not be told from the first.
  const tokens = fields.texts(tokenizerKeys.tokens).map((token, id) => token || `[EMPTY_${id}]`);
  if (tokens.length !== rows)
    throw fault(file, `has ${tokens.length} tokens, but an embedding of ${rows} rows`);
  const types = fields.has(tokenizerKeys.tokenType)
    ? fields.numbers(tokenizerKeys.tokenType)
    : tokens.map(() => tokenTypes.normal);
  if (types.length !== rows) throw fault(file, `has ${types.length} types of tokens for ${rows} tokens`);
  const ids = new Map<string, number>();
  for (const [id, token] of tokens.entries()) {
    if (token.length > LONGEST_TOKEN)
      throw fault(file, `has a token ${id} of ${token.length} characters, expected at most ${LONGEST_TOKEN}`);
    const former = ids.get(token);
    if (former !== undefined) throw fault(file, `has the token ${show(token)} twice, as ${former} and ${id}`);
    ids.set(token, id);
  }
  return { file, tokens, types, fields, ...readSpecialIds(file, fields, rows) };
};

/**
 * Ids with a meaning; a file may have them without having tokens.
 * @throws SecateurError E_GGUF for one that no row of the embedding has
 */
export const readSpecialIds = (file: string, fields: Fields, rows: number): SpecialIds => {
  const special = (key: string): number | undefined => {
    if (!fields.has(key)) return undefined;
    const id = fields.count(key);
    if (id >= rows) throw fault(file, `has ${id} as ${key}, expected less than ${rows}`);
    return id;
  };
  return {
    bos: special(tokenizerKeys.bos),
    eos: special(tokenizerKeys.eos),
    eot: special(tokenizerKeys.eot),
    unknown: special(tokenizerKeys.unknown),
    padding: special(tokenizerKeys.padding),
  };
};

/**
 * `added_tokens` of tokenizer.json: what is found in a text before anything is split. llama.cpp finds control tokens only
 * where it is asked to; transformers always does.
 */
export const addedTokens = ({ tokens, types }: Vocabulary): readonly unknown[] =>
  tokens.flatMap((content, id) =>
    isAdded(types[id]!)
      ? [
          {
            id,
            content,
            single_word: false,
            lstrip: false,
            rstrip: false,
            normalized: false,
            special: types[id] !== tokenTypes.userDefined,
          },
        ]
      : [],
  );

export const isAdded = (type: number): boolean =>
  type === tokenTypes.control || type === tokenTypes.userDefined || type === tokenTypes.unknown;

/** `post_processor` that puts BOS before and EOS behind a text, as far as they are given. */
export const templateOf = (
  { tokens }: Vocabulary,
  bos: number | undefined,
  eos: number | undefined,
): Readonly<Record<string, unknown>> => {
  const special = (id: number | undefined, type: number) =>
    id === undefined ? [] : [{ SpecialToken: { id: tokens[id]!, type_id: type } }];
  const around = (name: string, type: number) => [
    ...special(bos, type),
    { Sequence: { id: name, type_id: type } },
    ...special(eos, type),
  ];
  const used = [...new Set([bos, eos])].filter(id => id !== undefined);
  return {
    type: 'TemplateProcessing',
    single: around('A', 0),
    pair: [...around('A', 0), ...around('B', 1)],
    special_tokens: Object.fromEntries(
      used.map(id => [tokens[id]!, { id: tokens[id]!, ids: [id], tokens: [tokens[id]!] }]),
    ),
  };
};
