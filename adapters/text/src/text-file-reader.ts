import { SecateurError, type TextReader, type TextSource } from '@secateur/core';
import { decodeText } from './decode-text.js';
import { parseRecords } from './parse-records.js';
import { readBytes } from './read-bytes.js';
import { jsonLines, jsonRecords } from './split-records.js';

/**
 * Reads a text file by the end of its name: `.jsonl` and `.ndjson` hold a record a line, `.json` an array of records,
 * all else is plain text and one document, as it is. `.gz` behind any of these is unpacked.
 */
export class TextFileReader implements TextReader {
  /** @throws SecateurError E_TEXT_NOT_FOUND, E_TEXT_FORMAT (with file and line), E_TEXT_EMPTY */
  async read(name: string, file: string): Promise<TextSource> {
    const { bytes, hash, name: plainName } = await readBytes(file);
    const source = parse(decodeText(bytes, file), file, plainName);
    if (source.documents.length === 0)
      throw new SecateurError('E_TEXT_EMPTY', `${file} holds no text, expected some.`, {
        hint: 'Check that it is the right file, and that it was written to its end.',
      });
    return { name, hash, ...source };
  }
}

export const createTextFileReader = (): TextReader => new TextFileReader();

const parse = (text: string, file: string, plainName: string): Pick<TextSource, 'kind' | 'documents'> => {
  if (/\.(?:jsonl|ndjson)$/i.test(plainName)) return parseRecords(jsonLines(text, file), file);
  if (/\.json$/i.test(plainName)) return parseRecords(jsonRecords(text, file), file);
  return { kind: 'text', documents: text.trim() === '' ? [] : [{ text }] };
};
