import { createToken } from '../token.js';

/** One text to read. With `prompt`, only what follows it is learnt (instructions). */
export interface Document {
  /** Instruction and input, for instruction data; the loss does not count it. */
  readonly prompt?: string;
  readonly text: string;
}

/** A named body of text: the categories between which the samplers choose. */
export interface TextSource {
  readonly name: string;
  readonly kind: 'text' | 'instruction';
  /** In the order of the file. Blank ones count where rows are joined to one stream; nothing is learnt of them. */
  readonly documents: readonly Document[];
  /** sha256 (hex) of the file's bytes. */
  readonly hash: string;
}

/** Port: reads a file as a named source. */
export interface TextReader {
  /** @throws SecateurError E_TEXT_NOT_FOUND, E_TEXT_FORMAT (with file and line), E_TEXT_EMPTY */
  read(name: string, file: string): Promise<TextSource>;
}
export const TextReader = createToken<TextReader>('text');
