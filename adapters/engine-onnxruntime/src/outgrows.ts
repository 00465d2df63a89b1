import { type Graph, plannedBytes } from '@secateur/core/graph';

/** Whether the activations of a step take more than half of what its weights leave of the memory. */
export const outgrows = (step: Graph, memory: number): boolean => {
  const { activations, weights } = plannedBytes(step);
  return activations > (memory - weights) / 2;
};
