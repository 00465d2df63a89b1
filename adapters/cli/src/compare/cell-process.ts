import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type ErrorCode, type LogEntry, type ProgressEvent, SecateurError } from '@secateur/core';
import { type Cell, titleOf } from './cell.js';
import type { CellTask, FromCell, SentError, ToCell } from './messages.js';

const child = fileURLToPath(new URL('cell-child.js', import.meta.url));
/** Characters of what a process that died had said. */
const lastWords = 2000;

export interface CellProcessOptions {
  /** Asks the cell to stop where it can be resumed. */
  readonly signal: AbortSignal;
  readonly onProgress: (event: ProgressEvent) => void;
  readonly onLog: (entry: LogEntry) => void;
}

/**
 * Runs a cell in a process of its own: its peak memory is its own, and so is its crash.
 * @throws SecateurError what the cell threw; E_ENGINE when its process died without a word
 */
export const runInProcess = async (
  task: CellTask,
  { signal, onProgress, onLog }: CellProcessOptions,
): Promise<Cell> => {
  signal.throwIfAborted();
  const host = fork(child, [], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  const say = (message: ToCell): void => {
    if (host.connected) host.send(message);
  };
  const stop = (): void => say({ kind: 'stop' });
  signal.addEventListener('abort', stop, { once: true });
  let last: FromCell | undefined;
  let said = '';
  host.stderr!.on('data', part => {
    said = `${said}${part}`.slice(-lastWords);
  });
  host.on('message', (message: FromCell) => {
    if (message.kind === 'progress') onProgress(message.event);
    else if (message.kind === 'log') onLog(message.entry);
    else last = message;
  });
  try {
    say({ kind: 'run', task });
    const [status, killer] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
      host.on('error', reject);
      host.on('close', (...ending) => resolve(ending));
    });
    if (last?.kind === 'done') return last.cell;
    if (last?.kind === 'failed') throw received(last.error, task);
    // Ctrl-C of a terminal reaches the process too, and kills one that has not begun to listen.
    signal.throwIfAborted();
    throw died(task, killer ?? `status ${status}`, said);
  } finally {
    signal.removeEventListener('abort', stop);
  }
};

/** What a cell threw, as it was thrown, with the cell's name in front. */
const received = ({ code, message, hint, stack }: SentError, { name }: CellTask): Error => {
  if (code === 'E_INTERRUPTED') return new SecateurError(code, message);
  const sentence = `${titleOf(name)}: ${message}`;
  const next = code === 'E_RESUME' ? 'put it back as it was, or make all cells anew: --no-resume' : hint;
  const error =
    code === null
      ? new Error(sentence)
      : new SecateurError(code as ErrorCode, sentence, next === null ? {} : { hint: next });
  error.stack = stack;
  return error;
};

const died = ({ name }: CellTask, how: string, said: string): SecateurError =>
  new SecateurError(
    'E_ENGINE',
    `${titleOf(name)}: the process of the cell ended with ${how} before it was done${said === '' ? '' : `, and said: ${said.trim()}`}`,
    {
      hint:
        how === 'SIGKILL'
          ? 'the system may have lacked memory: lower train.microBatch, or set train.recompute; the same command goes on'
          : 'the same command goes on with the cells that are left',
    },
  );
