import { spawn } from 'node:child_process';

export interface PythonOptions {
  /** Program to run. */
  readonly python: string;
  /** A line that it reads from stdin, which stays open for as long as an answer is waited for. */
  readonly line?: string;
  /** Milliseconds after which it is killed. */
  readonly timeout: number;
  /** Kills it when it is aborted. */
  readonly signal?: AbortSignal | undefined;
  readonly env?: Readonly<Record<string, string>>;
}

/** How a Python process ended. */
export interface PythonResult {
  /** What it wrote to stdout. */
  readonly output: Buffer;
  /** The last line of stderr that says something: Python's own sentence where it failed. */
  readonly lastLine: string;
  /** Why there is no result; undefined where it ended well. */
  readonly failure: 'missing' | 'timeout' | 'failed' | undefined;
}

/** Kept of stderr: the end, where Python says what went wrong. */
const KEPT = 16_384;

/**
 * Runs a Python script to its end. It is killed when it takes too long, and when this process ends before it; where that
 * is killed itself, the script sees stdin close.
 */
export const runPython = (
  args: readonly string[],
  { python, line = '', timeout, signal, env = {} }: PythonOptions,
): Promise<PythonResult> =>
  new Promise(resolve => {
    const child = spawn(python, args, { env: { ...process.env, ...env }, windowsHide: true });
    const output: Buffer[] = [];
    let [errors, late] = ['', false];
    const kill = (): void => void child.kill('SIGKILL');
    const timer = setTimeout(() => {
      late = true;
      kill();
    }, timeout);
    process.once('exit', kill);
    signal?.addEventListener('abort', kill);
    const end = (failure: PythonResult['failure']): void => {
      clearTimeout(timer);
      process.off('exit', kill);
      signal?.removeEventListener('abort', kill);
      resolve({ output: Buffer.concat(output), lastLine: lastLineOf(errors), failure });
    };
    child.stdout.on('data', (chunk: Buffer) => void output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => {
      errors = (errors + chunk.toString('utf8')).slice(-KEPT);
    });
    child.on('error', () => end('missing'));
    child.on('close', status => end(late ? 'timeout' : status === 0 ? undefined : 'failed'));
    // A child that ends before it has read everything is no error of its own.
    child.stdin.on('error', () => {});
    child.stdin.write(`${line}\n`);
  });

const lastLineOf = (text: string): string =>
  text
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '')
    .at(-1) ?? '';
