import { spawn } from 'node:child_process';

/** Runs a program and waits for its end. @returns its exit status; undefined when there is no such program */
export type RunProgram = (program: string, args: readonly string[]) => Promise<number | undefined>;

/** What the program prints goes to standard error. */
export const runProgram: RunProgram = (program, args) =>
  new Promise((ended, failed) => {
    const child = spawn(program, args, { stdio: ['ignore', 2, 2] });
    child.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ENOENT' ? ended(undefined) : failed(error),
    );
    child.on('close', status => ended(status ?? 1));
  });
