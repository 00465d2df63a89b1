import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { SecateurError } from '@secateur/core';
import type { Answer, Work } from './work.js';

const entry = fileURLToPath(new URL('./child.js', import.meta.url));

/** The last of what llama.cpp said, in case it is all that is left of it. */
const WORDS = 2000;

/** Children at work: none outlives this process. */
const children = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/**
 * Does a piece of work in a process of its own, which ends with it and with this process.
 * @throws SecateurError E_INTERRUPTED when the child was stopped from outside; the signal's reason
 */
export const runInChild = async <K extends Work['kind']>(
  work: Work & { readonly kind: K },
  signal?: AbortSignal,
): Promise<Answer<K>> => {
  signal?.throwIfAborted();
  const child = fork(entry, {
    serialization: 'advanced',
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    // A backtrace would be made by a debugger, which may hang.
    env: { ...process.env, GGML_NO_BACKTRACE: '1' },
  });
  children.add(child);
  let said = '';
  let answer: Answer<K> | undefined;
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-WORDS);
  });
  const stop = (): void => void child.kill('SIGKILL');
  signal?.addEventListener('abort', stop);
  child.once('message', message => {
    answer = message as Answer<K>;
  });
  try {
    return await new Promise<Answer<K>>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, ended) => {
        if (signal?.aborted) reject(signal.reason);
        else if (answer) resolve(answer);
        else if (ended === 'SIGINT' || ended === 'SIGTERM' || ended === 'SIGHUP')
          reject(new SecateurError('E_INTERRUPTED', `llama.cpp was stopped by ${ended}.`));
        else resolve({ refused: `${lastWords(said)} (ended with ${ended ?? `code ${code}`})` });
      });
      child.send(work, error => error && reject(error));
    });
  } finally {
    signal?.removeEventListener('abort', stop);
    children.delete(child);
    child.kill('SIGKILL');
  }
};

/** The assertion that failed, else the last line. */
const lastWords = (said: string): string => {
  const lines = said.split('\n').filter(line => line.trim() !== '');
  return (lines.find(line => line.includes('GGML_ASSERT')) ?? lines.at(-1) ?? 'it said nothing').trim();
};
