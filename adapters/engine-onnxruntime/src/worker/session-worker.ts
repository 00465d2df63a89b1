import { Worker } from 'node:worker_threads';
import { SecateurError } from '@secateur/core';
import { loadEnvironment } from './load-environment.js';
import type { Command, Fetched, Reply, Request } from './protocol.js';

interface Pending {
  resolve(fetched: Fetched | undefined): void;
  reject(error: Error): void;
}

export interface SessionWorkerOptions {
  /** Another script than the worker's own is for tests. */
  readonly script?: URL;
  /** Whether no other worker that takes turns may be at work at the same time. Default false. */
  readonly takesTurns?: boolean;
}

/** WebGPU in two threads at once ends the process: those who use it wait for each other. */
let turn: Promise<unknown> = Promise.resolve();
const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
  const mine = turn.then(work);
  turn = mine.catch(() => undefined);
  return mine;
};

/**
 * The engine's side of the worker thread. The thread starts with the first request and lets the process end
 * while nothing is asked of it. Should it die, what was pending rejects with E_ENGINE, and the next request
 * starts another thread, without the sessions of the old one.
 */
export class SessionWorker {
  #worker: Worker | undefined;
  #closed = false;
  #next = 0;
  readonly #pending = new Map<number, Pending>();
  readonly #script: URL;
  readonly #inTurn: <T>(work: () => Promise<T>) => Promise<T>;

  constructor({
    script = new URL('./main.js', import.meta.url),
    takesTurns = false,
  }: SessionWorkerOptions = {}) {
    this.#script = script;
    this.#inTurn = takesTurns ? inTurn : work => work();
  }

  /** Sends a command; buffers in `moved` are detached here. */
  ask(command: Command, moved: readonly ArrayBuffer[] = []): Promise<Fetched | undefined> {
    if (this.#closed) return Promise.reject(new SecateurError('E_ENGINE', 'The engine was closed.'));
    return this.#inTurn(() => this.#post(command, moved));
  }

  /** Frees one session; nothing to do when the thread is gone. */
  async release(session: number): Promise<void> {
    if (this.#worker && !this.#closed) await this.#inTurn(() => this.#post({ kind: 'release', session }, []));
  }

  /** Frees all sessions and ends the thread. Safe to call twice. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#inTurn(async () => {
      const worker = this.#worker;
      if (!worker) return;
      await this.#post({ kind: 'close' }, []).catch(() => undefined);
      await worker.terminate();
    });
  }

  #post(command: Command, moved: readonly ArrayBuffer[]): Promise<Fetched | undefined> {
    this.#worker ??= this.#start();
    const worker = this.#worker;
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      worker.ref();
      worker.postMessage({ ...command, id } satisfies Request, moved);
    });
  }

  #start(): Worker {
    // Native code asks the environment of the process, not that of a thread.
    Object.assign(process.env, loadEnvironment());
    const worker = new Worker(this.#script, { execArgv: [] });
    let failure: unknown;
    worker.on('message', (reply: Reply) => {
      const pending = this.#pending.get(reply.id);
      this.#pending.delete(reply.id);
      if (this.#pending.size === 0) worker.unref();
      if ('error' in reply) pending?.reject(failed(oneLine(reply.error)));
      else pending?.resolve(reply.fetched);
    });
    worker.on('error', error => {
      failure = error;
    });
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = undefined;
      const reason = failure instanceof Error ? `: ${oneLine(failure.message)}` : '';
      const error = new SecateurError('E_ENGINE', `The engine's thread ended${reason}.`, { cause: failure });
      for (const pending of this.#pending.values()) pending.reject(error);
      this.#pending.clear();
    });
    return worker;
  }
}

const failed = (reason: string): SecateurError =>
  new SecateurError(
    'E_ENGINE',
    `onnxruntime: ${reason}`,
    /failed to allocate memory/i.test(reason)
      ? { hint: 'lower train.batch or train.sequence, or set train.recompute: true' }
      : {},
  );

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();
