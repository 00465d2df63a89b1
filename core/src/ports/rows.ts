import { createToken } from '../token.js';

/** One record of a data file. */
export interface Row {
  readonly value: unknown;
  /** File and line, or file and row, for errors. Called for these only, as it may search the file. */
  place(): string;
}

/** The records of a file. */
export interface RowFile {
  readonly rows: readonly Row[];
  /** sha256 (hex) of the file's bytes. */
  readonly hash: string;
}

/** Port: reads a data file as records. */
export interface RowReader {
  /** @throws SecateurError E_TEXT_NOT_FOUND, E_TEXT_FORMAT (with file and line), E_TEXT_EMPTY */
  read(file: string): Promise<RowFile>;
}
export const RowReader = createToken<RowReader>('rows');
