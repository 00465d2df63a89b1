import { totalmem } from 'node:os';
import { type Graph, plannedBytes } from '@secateur/core/graph';

/** Bytes that this process may use, as the machine or its container is made: free or not, so that it stays the same. */
export const memoryAtHand = (): number => {
  const limit = process.constrainedMemory?.() ?? 0;
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
};

/** Whether the activations of a step take more than half of what its weights leave of the memory. */
export const outgrows = (step: Graph, memory: number): boolean => {
  const { activations, weights } = plannedBytes(step);
  return activations > (memory - weights) / 2;
};
