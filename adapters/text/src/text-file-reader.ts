import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { SecateurError, type TextReader, type TextSource } from '@secateur/core';
import { decodeText, LARGEST_TEXT, textFault } from './decode-text.js';
import { parseRecords } from './parse-records.js';
import { jsonLines, jsonRecords } from './split-records.js';

/**
 * Reads a text file by the end of its name: `.jsonl` and `.ndjson` hold a record a line, `.json` an array of records,
 * all else is plain text and one document, as it is. `.gz` behind any of these is unpacked.
 */
export class TextFileReader implements TextReader {
  /** @throws SecateurError E_TEXT_NOT_FOUND, E_TEXT_FORMAT (with file and line), E_TEXT_EMPTY */
  async read(name: string, file: string): Promise<TextSource> {
    const bytes = await readBytes(file);
    const hash = createHash('sha256').update(bytes).digest('hex');
    const packed = /\.gz$/i.test(file);
    const text = decodeText(packed ? await unpack(bytes, file) : bytes, file);
    const source = parse(text, file, packed ? file.slice(0, -3) : file);
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

const readBytes = async (file: string): Promise<Buffer> => {
  try {
    return await readFile(file);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ERR_FS_FILE_TOO_LARGE')
      throw textFault(file, 'is larger than 2 GiB', 'Split it into several sources.');
    const found = code === 'EISDIR' ? 'is a folder, expected a file' : 'does not exist or cannot be read';
    throw new SecateurError('E_TEXT_NOT_FOUND', `${file} ${found}.`, { cause, hint: 'Check the path.' });
  }
};

const inflate = promisify(gunzip);

const unpack = async (bytes: Buffer, file: string): Promise<Buffer> => {
  try {
    return await inflate(bytes, { maxOutputLength: LARGEST_TEXT });
  } catch (cause) {
    const large = (cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw textFault(
      file,
      large ? `unpacks to more than ${LARGEST_TEXT} bytes` : 'is not a whole gzip file',
      large ? 'Split it into several sources.' : 'Fetch it again, or unpack it and name the unpacked file.',
    );
  }
};
