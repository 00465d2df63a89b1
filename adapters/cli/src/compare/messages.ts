import type { LogEntry, ProgressEvent, SecateurConfig } from '@secateur/core';
import type { Cell, CellName } from './cell.js';

/** What a cell's process needs to know. Plain JSON. */
export interface CellTask {
  readonly name: CellName;
  /** Folder that paths of the flags start from. */
  readonly cwd: string;
  /** The configuration file, absolute. */
  readonly file: string | null;
  /** The cell as a layer over it. */
  readonly flags: SecateurConfig;
  /** Go on with what the output folder holds. */
  readonly resume: boolean;
}

/** An error on its way between processes. */
export interface SentError {
  /** Of a SecateurError. */
  readonly code: string | null;
  readonly message: string;
  readonly hint: string | null;
  readonly stack: string;
}

export type ToCell = { readonly kind: 'run'; readonly task: CellTask } | { readonly kind: 'stop' };

export type FromCell =
  | { readonly kind: 'progress'; readonly event: ProgressEvent }
  | { readonly kind: 'log'; readonly entry: LogEntry }
  | { readonly kind: 'done'; readonly cell: Cell }
  | { readonly kind: 'failed'; readonly error: SentError };
