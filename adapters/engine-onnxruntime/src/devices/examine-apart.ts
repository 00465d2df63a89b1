import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { cacheFolder, type DeviceState, SecateurError } from '@secateur/core';
import type { Device } from '../lower/target.js';
import { loadEnvironment } from '../worker/load-environment.js';
import type { Message, Question } from './protocol.js';

/** A driver that takes longer hangs. A check on a software adapter takes a minute. */
const PATIENCE_MS = 600_000;

export interface ExamineOptions {
  /** Check again what has passed before. Default false. */
  readonly again?: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Called when the device is there and its check begins. */
  readonly onCheck?: (() => void) | undefined;
  /** Another script than the one that examines is for tests. */
  readonly script?: URL;
}

/**
 * Examines a device in a process of its own: some drivers abort theirs.
 * @throws SecateurError E_INTERRUPTED when that process was stopped from outside; the reason of the signal
 */
export const examineApart = async (
  device: Device,
  { again = false, signal, onCheck, script = new URL('./child.js', import.meta.url) }: ExamineOptions = {},
): Promise<DeviceState> => {
  signal?.throwIfAborted();
  const child = fork(fileURLToPath(script), {
    serialization: 'advanced',
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { ...process.env, ...loadEnvironment() },
  });
  const kill = (): void => void child.kill('SIGKILL');
  let isLate = false;
  const patience = setTimeout(() => {
    isLate = true;
    kill();
  }, PATIENCE_MS);
  process.once('exit', kill);
  signal?.addEventListener('abort', kill);
  let said = '';
  let answer: DeviceState | undefined;
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  child.on('message', message => {
    const told = message as Message;
    if ('answer' in told) answer = told.answer;
    else onCheck?.();
  });
  try {
    return await new Promise<DeviceState>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, ended) => {
        if (signal?.aborted) reject(signal.reason);
        else if (answer) resolve(withWords(answer, said));
        else if (ended === 'SIGINT' || ended === 'SIGTERM' || ended === 'SIGHUP')
          reject(new SecateurError('E_INTERRUPTED', `The check of ${device} was stopped by ${ended}.`));
        else if (isLate) resolve({ device, state: 'wrong', reason: late });
        else resolve({ device, state: 'wrong', reason: crash(ended ?? `code ${code}`, said) });
      });
      child.send({ device, cache: cacheFolder(), again } satisfies Question, error => error && reject(error));
    });
  } finally {
    clearTimeout(patience);
    process.off('exit', kill);
    signal?.removeEventListener('abort', kill);
    kill();
  }
};

const late = `it has not answered within ${PATIENCE_MS / 60_000} minutes`;

const crash = (how: string, said: string): string => {
  const last = said.trim().split('\n').at(-1)?.trim() ?? '';
  return `it ends the process with ${how}${last === '' ? '' : ` (${last})`}`;
};

/** Dawn says why there is no adapter where only a person at the terminal would see it. */
const withWords = (answer: DeviceState, said: string): DeviceState => {
  const vulkan = /Couldn't load Vulkan: (.+)/.exec(said)?.[1];
  if (answer.state !== 'absent' || vulkan === undefined) return answer;
  return { ...answer, reason: `${answer.reason} (${vulkan.trim()})` };
};
