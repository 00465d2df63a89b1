import { inspect } from 'node:util';
import { type ErrorCode, isSecateurError } from '@secateur/core';
import { CommanderError } from 'commander';
import type { Console } from './console.js';
import { INTERRUPTED } from './interrupt.js';

/** What the system refuses wherever files are written, by Node's code, with what to do about it. */
const refusals: ReadonlyMap<string, string> = new Map([
  ['EACCES', 'allow it, or name another place'],
  ['EPERM', 'allow it, or name another place'],
  ['EROFS', 'name a place that can be written'],
  ['ENOSPC', 'make room on the disk'],
  ['EDQUOT', 'make room within the quota'],
  ['EMFILE', 'raise the limit of open files: ulimit -n'],
]);

/** Prints an error as people need it, and gives the exit status for it. */
export const reportError = (
  error: unknown,
  { err, signal }: Console,
  { stack = false }: { readonly stack?: boolean } = {},
): number => {
  if (error instanceof CommanderError) {
    // Commander has printed the help already when a command is missing.
    if (error.code !== 'commander.help') err(usage(error));
    return 2;
  }
  if (isSecateurError(error)) {
    err(lines(error.code, error.message, error.hint));
    if (stack) err(`\n${inspect(error)}\n`);
    return error.code === 'E_INTERRUPTED' ? INTERRUPTED : 2;
  }
  if (signal.aborted) {
    err(lines('E_INTERRUPTED', 'the work was interrupted'));
    return INTERRUPTED;
  }
  const refused = refusals.get((error as NodeJS.ErrnoException | undefined)?.code ?? '');
  if (refused !== undefined) {
    err(lines('E_FILE', (error as Error).message, `${refused}; a run then goes on: npx secateur resume`));
    if (stack) err(`\n${inspect(error)}\n`);
    return 2;
  }
  err(
    `${inspect(error)}\n\nThis is a bug of secateur, not a mistake of yours. Please report it with the lines above.\n`,
  );
  return 1;
};

/** `✖ E_CODE  sentence`, and the hint below. */
const lines = (code: ErrorCode, sentence: string, hint?: string): string =>
  [
    `✖ ${code}  ${sentence}`,
    ...(hint === undefined ? [] : hint.split('\n').map(line => `  ${line}`)),
    '',
  ].join('\n');

/** Commander says `error: unknown option '--ratoi'`, and on the next line `(Did you mean --ratio?)`. */
const usage = ({ message }: CommanderError): string => {
  const [sentence = '', ...rest] = message.replace(/^error: /, '').split('\n');
  const hints = [...rest.map(line => line.replace(/^\((.*)\)$/, '$1')), 'Run: npx secateur --help'];
  return lines('E_USAGE', sentence, hints.join('\n'));
};
