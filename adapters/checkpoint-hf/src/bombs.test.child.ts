/** Reads the bomb of the name given, with as little memory as the thread has, and posts how it ended. */
import { parentPort, workerData } from 'node:worker_threads';
import { isSecateurError } from '@secateur/core';
import { readSafetensorsHeader } from './safetensors-header.js';

const start = performance.now();
const outcome = await readSafetensorsHeader(workerData as string).then(
  ({ tensors }) => `${tensors.size} tensors`,
  error => (isSecateurError(error) ? error.code : String(error)),
);
parentPort!.postMessage({ outcome, milliseconds: performance.now() - start });
