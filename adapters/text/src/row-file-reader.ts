import { type RowReader, SecateurError } from '@secateur/core';
import { readBytes } from './read-bytes.js';
import { rowsOf } from './rows-of.js';

/**
 * Reads a data file by the end of its name: `.parquet`, `.json` with an array of records, and all else as JSON Lines.
 * `.gz` behind any of these is unpacked.
 */
export const rowFileReader: RowReader = {
  async read(file) {
    const content = await readBytes(file);
    const rows = await rowsOf(content, file);
    if (rows.length > 0) return { rows, hash: content.hash };
    throw new SecateurError('E_TEXT_EMPTY', `${file} holds no rows, expected some.`, {
      hint: 'Check that it is the right file, and that it was written to its end.',
    });
  },
};
