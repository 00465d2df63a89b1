import type { Row } from '@secateur/core';
import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { textFault } from './decode-text.js';

/**
 * The rows of a Parquet file. Whole numbers of 64 bits become numbers where these can say them.
 * @throws SecateurError E_TEXT_FORMAT
 */
export const parquetRows = async (bytes: Buffer, file: string): Promise<readonly Row[]> => {
  let rows: readonly unknown[];
  try {
    const content = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    rows = await parquetReadObjects({ file: content, compressors });
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause);
    throw textFault(
      file,
      `cannot be read as Parquet: ${found}`,
      'Fetch it again, or convert it to JSON Lines.',
    );
  }
  return rows.map((value, i) => ({ value: plain(value), place: () => `${file}, row ${i + 1}` }));
};

const plain = (value: unknown): unknown => {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || value instanceof Date)
    return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, plain(entry)]));
};
