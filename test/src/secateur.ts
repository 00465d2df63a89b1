import { spawn } from 'node:child_process';
import path from 'node:path';
import { repository } from './shared-data.js';

export interface Outcome {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

export interface SpawnOptions {
  /** Instead of this process's own. */
  readonly env?: NodeJS.ProcessEnv;
  /** Kills the process (SIGKILL) as soon as this says so; asked every 20 ms. */
  readonly killWhen?: () => boolean;
}

/** Runs the program in a process of its own, as a user does. */
export const secateur = (
  cwd: string,
  args: readonly string[],
  { killWhen, env = process.env }: SpawnOptions = {},
): Promise<Outcome> =>
  new Promise((resolve, reject) => {
    const bin = path.join(repository, 'adapters/cli/dist/bin.js');
    const child = spawn(process.execPath, [bin, ...args], { cwd, env });
    let [out, err] = ['', ''];
    child.stdout.on('data', chunk => {
      out += chunk;
    });
    child.stderr.on('data', chunk => {
      err += chunk;
    });
    const watch =
      killWhen &&
      setInterval(() => {
        if (killWhen()) child.kill('SIGKILL');
      }, 20);
    child.on('error', reject);
    child.on('close', (status, signal) => {
      clearInterval(watch);
      resolve({ status, signal, out, err });
    });
  });
