import type { Row } from '@secateur/core';
import { decodeText } from './decode-text.js';
import { parquetRows } from './parquet-rows.js';
import type { FileBytes } from './read-bytes.js';
import { jsonLines, jsonRecords } from './split-records.js';

/**
 * The rows of a data file by the end of its name: `.parquet`, `.json` with an array of records, and all else as JSON
 * Lines.
 * @throws SecateurError E_TEXT_FORMAT with file and line
 */
export const rowsOf = async ({ bytes, name }: FileBytes, file: string): Promise<readonly Row[]> => {
  if (/\.parquet$/i.test(name)) return parquetRows(bytes, file);
  const split = /\.json$/i.test(name) ? jsonRecords : jsonLines;
  return [...split(decodeText(bytes, file), file)];
};
