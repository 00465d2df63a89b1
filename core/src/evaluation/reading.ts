import { createHash } from 'node:crypto';
import { SecateurError } from '../errors.js';
import type { Row } from '../ports/rows.js';
import type { Task } from '../ports/task.js';
import type { Tokenizer } from '../ports/tokenizer.js';
import { sourceText } from './task-source.js';

/** What turns the rows of a task into tokens. */
export interface Reading {
  readonly tokenizer: Tokenizer;
  /** Token ids are below this. */
  readonly vocabulary: number;
  /** Tokens that the model reads. */
  readonly limit: number;
}

/** Makes the error of a row from a clause: what was found, what was expected. */
export type Fault = (finding: string) => SecateurError;

export const faultOf =
  (name: string, task: Pick<Task, 'source'>, row: Row): Fault =>
  finding =>
    new SecateurError('E_TASK_DATA', `${row.place()} ${finding}`, {
      hint: `mend the row, or leave it out; ${name} reads the rows of ${sourceText(task)}`,
    });

/**
 * What a task makes of a row; what it throws becomes the error of the row.
 * @throws SecateurError E_TASK_DATA
 */
export const readRow = <T>(fail: Fault, read: () => T): T => {
  try {
    return read();
  } catch (cause) {
    throw fail(cause instanceof Error ? cause.message : String(cause));
  }
};

/** @throws SecateurError E_TASK_DATA */
export const checkVocabulary = (ids: readonly number[], vocabulary: number, fail: Fault): void => {
  const stray = ids.find(id => id >= vocabulary);
  if (stray !== undefined)
    throw fail(`has the token id ${stray}, expected ids below the model's vocabulary of ${vocabulary}`);
};

/** sha256 (hex) of a value as JSON. */
export const hashOf = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex');
