import { readFile } from 'node:fs/promises';
import { SecateurError } from '@secateur/core';
import { fault } from './llama2c-checkpoint.js';

/** A piece of the vocabulary; of two pairs that may merge, the one that makes the piece with the higher score does. */
export interface Piece {
  /** With plain spaces. */
  readonly text: string;
  readonly score: number;
}

/**
 * Reads llama2.c's tokenizer.bin: the int32 length of the longest piece, then for each id a float32 score, an int32
 * length and that many bytes of UTF-8.
 * @throws SecateurError E_TOKENIZER when it cannot be read, E_LLAMA2C when it is damaged or has another number of pieces
 */
export const readTokenizerBin = async (file: string, vocabulary: number): Promise<readonly Piece[]> => {
  const bytes = await readFile(file).catch(cause => {
    throw new SecateurError(
      'E_TOKENIZER',
      `${file} cannot be read, expected the tokenizer.bin of the checkpoint.`,
      {
        cause,
        hint: 'Check the path.',
      },
    );
  });
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const pieces: Piece[] = [];
  let at = 4;
  while (at < bytes.length) {
    const id = pieces.length;
    if (at + 8 > bytes.length) throw fault(file, `ends inside the piece ${id}`);
    const score = bytes.readFloatLE(at);
    const length = bytes.readInt32LE(at + 4);
    at += 8;
    if (length < 0 || length > bytes.length - at)
      throw fault(file, `gives the piece ${id} ${length} bytes, but ${bytes.length - at} are left`);
    try {
      pieces.push({ text: utf8.decode(bytes.subarray(at, at + length)), score });
    } catch {
      throw fault(file, `has a piece ${id} that is not UTF-8`);
    }
    at += length;
  }
  if (pieces.length !== vocabulary)
    throw fault(file, `has ${pieces.length} pieces, but the checkpoint has a vocabulary of ${vocabulary}`);
  checkPieces(pieces, file);
  return pieces;
};

/** Ids of <unk>, <s> and </s>; the 256 bytes follow. */
export const CONTROL_PIECES = 3;

export const byteName = (byte: number): string => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;

/** Encoding relies on the bytes being where they are, and a piece is found by its text. */
const checkPieces = (pieces: readonly Piece[], file: string): void => {
  for (let byte = 0; byte < 256; byte++) {
    const id = CONTROL_PIECES + byte;
    if (pieces[id]?.text !== byteName(byte))
      throw fault(
        file,
        `has ${JSON.stringify(pieces[id]?.text ?? 'nothing')} as piece ${id}, expected ${byteName(byte)}`,
      );
  }
  const ids = new Map<string, number>();
  for (const [id, { text, score }] of pieces.entries()) {
    if (Number.isNaN(score)) throw fault(file, `has no number as the score of the piece ${id}`);
    const former = ids.get(text);
    if (former !== undefined)
      throw fault(file, `has ${JSON.stringify(text)} twice, as pieces ${former} and ${id}`);
    ids.set(text, id);
  }
};
