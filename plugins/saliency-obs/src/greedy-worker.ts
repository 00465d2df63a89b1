/** A thread that works out one greedy order. It loads linear algebra alone: all of core takes longer than many an order. */
import { parentPort, workerData } from 'node:worker_threads';
import type { SecateurError } from '@secateur/core';
import { greedyCosts } from './greedy.js';

/** Errors lose their class on the way. */
export type FromThread = { readonly costs: Float64Array } | Pick<SecateurError, 'code' | 'message' | 'hint'>;

const answer = (): FromThread => {
  try {
    return { costs: greedyCosts(workerData) };
  } catch (error) {
    const { code, message, hint } = error as SecateurError;
    if (code === undefined) throw error;
    return { code, message, hint };
  }
};

parentPort!.postMessage(answer());
