import { type Row, type RowReader, SecateurError } from '@secateur/core';
import { decodeText } from './decode-text.js';
import { parquetRows } from './parquet-rows.js';
import { readBytes } from './read-bytes.js';
import { jsonLines, jsonRecords, type RawRecord } from './split-records.js';

/**
 * Reads a data file by the end of its name: `.parquet`, `.json` with an array of records, and all else as JSON Lines.
 * `.gz` behind any of these is unpacked.
 */
export const rowFileReader: RowReader = {
  async read(file) {
    const { bytes, hash, name } = await readBytes(file);
    const rows = /\.parquet$/i.test(name)
      ? await parquetRows(bytes, file)
      : placed(/\.json$/i.test(name) ? jsonRecords : jsonLines, decodeText(bytes, file), file);
    if (rows.length > 0) return { rows, hash };
    throw new SecateurError('E_TEXT_EMPTY', `${file} holds no rows, expected some.`, {
      hint: 'Check that it is the right file, and that it was written to its end.',
    });
  },
};

const placed = (
  split: (text: string, file: string) => Iterable<RawRecord>,
  text: string,
  file: string,
): Row[] => Array.from(split(text, file), ({ value, line }) => ({ value, place: () => `${file}:${line()}` }));
