import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { SecateurError } from '@secateur/core';
import { type GreedyInput, greedyCosts } from './greedy.js';
import type { FromThread } from './greedy-worker.js';

/** Columns from which a thread pays: it takes half a second to begin and to get as fast, as a matrix of 600 does. */
const LARGE = 1024;

/** {@link greedyCosts}, large ones in a thread of their own: several groups at once, and the program hears Ctrl-C. */
export const greedyCostsAside = async (input: GreedyInput, stop?: AbortSignal): Promise<Float64Array> =>
  input.into < LARGE ? greedyCosts(input) : inThread(input, stop);

/** @throws SecateurError E_NUMERICS; the reason of `stop` */
export const inThread = async (input: GreedyInput, stop?: AbortSignal): Promise<Float64Array> => {
  stop?.throwIfAborted();
  const worker = new Worker(new URL('./greedy-worker.js', import.meta.url), {
    workerData: input,
    execArgv: [],
  });
  try {
    const [message] = (await once(worker, 'message', stop ? { signal: stop } : {})) as [FromThread];
    if ('costs' in message) return message.costs;
    const { code, message: sentence, hint } = message;
    throw new SecateurError(code, sentence, hint === undefined ? {} : { hint });
  } catch (error) {
    stop?.throwIfAborted();
    throw error;
  } finally {
    await worker.terminate();
  }
};
