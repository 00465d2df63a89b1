import { SecateurError } from '../errors.js';
import type { TextSource } from '../ports/text.js';

/**
 * The ids, if the model has an embedding for each of them.
 * @throws SecateurError E_TOKENIZER
 */
export const checkIds = (ids: readonly number[], vocabulary: number): readonly number[] => {
  for (const id of ids) {
    if (Number.isInteger(id) && id >= 0 && id < vocabulary) continue;
    const limit =
      id >= vocabulary
        ? `but the model's vocabulary ends at ${vocabulary - 1}`
        : 'expected a whole number from 0 on';
    throw new SecateurError('E_TOKENIZER', `the tokenizer gives the id ${id}, ${limit}`, {
      hint: 'use the tokenizer.json that belongs to the model',
    });
  }
  return ids;
};

/**
 * The ids of a source, if there are any.
 * @throws SecateurError E_TEXT_EMPTY
 */
export const notEmpty = (ids: readonly number[], source: TextSource): readonly number[] => {
  if (ids.length > 0) return ids;
  throw new SecateurError('E_TEXT_EMPTY', `the source "${source.name}" gives no tokens, expected some text`, {
    hint: `check text.${source.name}`,
  });
};

/** Where the held-out share at the end of something begins; it holds `least` if there is so much. */
export const tailStart = (length: number, share: number, least: number): number =>
  Math.max(0, length - Math.max(least, Math.floor(length * share)));
