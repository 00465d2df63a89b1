import { LONGEST_TOKEN, tokenTypes } from '@secateur/adapter-checkpoint-gguf';
import { SecateurError } from '@secateur/core';
import type { TokenizerJson } from './read-tokenizer.js';

/** Tokens by id, as many as the model has. */
export interface Vocabulary {
  readonly tokens: readonly string[];
  /** `tokenTypes` of each. */
  readonly types: readonly number[];
  readonly ids: ReadonlyMap<string, number>;
  /** Ids that no token of the tokenizer has. */
  readonly unused: number;
}

/**
 * The tokens of a tokenizer, filled up with unused ones to the vocabulary of the model.
 * @throws SecateurError E_TOKENIZER for ids that the model does not have, or that two tokens have
 */
export const vocabularyOf = (
  { model, added_tokens }: TokenizerJson,
  size: number,
  byteTokens: boolean,
): Vocabulary => {
  const added = new Map((added_tokens ?? []).map(token => [token.content, token]));
  const ids = new Map(Object.entries(model.vocab));
  for (const { content, id } of added.values()) ids.set(content, id);
  const tokens: (string | undefined)[] = new Array(size).fill(undefined);
  const types: number[] = new Array(size).fill(tokenTypes.unused);
  for (const [token, id] of ids) {
    if (id >= size)
      throw new SecateurError(
        'E_TOKENIZER',
        `The tokenizer gives ${JSON.stringify(token)} the id ${id}, but the model has ${size} tokens.`,
        { hint: 'Check that tokenizer.json belongs to the model.' },
      );
    if (token.length > LONGEST_TOKEN)
      throw new SecateurError(
        'E_TOKENIZER',
        `The tokenizer has the token ${id} of ${token.length} characters, expected at most ${LONGEST_TOKEN}.`,
        { hint: 'Take the file that was published with the model.' },
      );
    if (tokens[id] !== undefined)
      throw new SecateurError(
        'E_TOKENIZER',
        `The tokenizer gives ${JSON.stringify(tokens[id])} and ${JSON.stringify(token)} the same id ${id}.`,
        { hint: 'Take the file that was published with the model.' },
      );
    tokens[id] = token;
    types[id] = typeOf(token, added.get(token)?.special, token === model.unk_token, byteTokens);
  }
  return {
    tokens: tokens.map((token, id) => token ?? `[PAD${id}]`),
    types,
    ids,
    unused: tokens.filter(token => token === undefined).length,
  };
};

const typeOf = (
  token: string,
  special: boolean | undefined,
  unknown: boolean,
  byteTokens: boolean,
): number => {
  if (byteTokens && unknown) return tokenTypes.unknown;
  if (special !== undefined) return special ? tokenTypes.control : tokenTypes.userDefined;
  return byteTokens && /^<0x[0-9A-F]{2}>$/.test(token) ? tokenTypes.byte : tokenTypes.normal;
};
