import { CommanderError } from 'commander';
import type { Console } from './console.js';
import { program } from './program.js';
import { reportError } from './report-error.js';

export type { Console } from './console.js';

/** Commander throws these after it has shown what was asked for. */
const shown = new Set(['commander.helpDisplayed', 'commander.version']);

/**
 * Runs one command line.
 * @returns the exit status: 0 done, 2 an error that the user can mend, 130 interrupted, 1 a defect of ours
 */
export const main = async (args: readonly string[], console: Console): Promise<number> => {
  const root = program(console);
  try {
    await root.parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError && shown.has(error.code)) return 0;
    return reportError(error, console, { stack: root.opts<{ stack?: boolean }>().stack === true });
  }
};
