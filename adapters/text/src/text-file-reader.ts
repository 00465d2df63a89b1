import { SecateurError, type TextReader, type TextSource } from '@secateur/core';
import { decodeText } from './decode-text.js';
import { parseRecords } from './parse-records.js';
import { type FileBytes, readBytes } from './read-bytes.js';
import { rowsOf } from './rows-of.js';

/**
 * Reads a text file by the end of its name: `.jsonl` and `.ndjson` hold a record a line, `.json` an array of records,
 * `.parquet` a record a row, all else is plain text and one document, as it is. `.gz` behind any of these is unpacked.
 */
export class TextFileReader implements TextReader {
  /** @throws SecateurError E_TEXT_NOT_FOUND, E_TEXT_FORMAT (with file and line), E_TEXT_EMPTY */
  async read(name: string, file: string): Promise<TextSource> {
    const content = await readBytes(file);
    const source = await parse(content, file);
    if (source.kind === 'text' && source.documents.every(({ text }) => text.trim() === ''))
      throw new SecateurError('E_TEXT_EMPTY', `${file} holds no text, expected some.`, {
        hint: 'Check that it is the right file, and that it was written to its end.',
      });
    return { name, hash: content.hash, ...source };
  }
}

export const createTextFileReader = (): TextReader => new TextFileReader();

const parse = async (content: FileBytes, file: string): Promise<Pick<TextSource, 'kind' | 'documents'>> =>
  /\.(?:jsonl|ndjson|json|parquet)$/i.test(content.name)
    ? parseRecords(await rowsOf(content, file))
    : { kind: 'text', documents: [{ text: decodeText(content.bytes, file) }] };
