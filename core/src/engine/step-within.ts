import type { Graph } from '../graph/graph.js';
import { plannedBytes } from '../graph/planned-bytes.js';
import type { Recompute } from '../ports/engine.js';

/**
 * The step as `recompute` asks for it. `auto` keeps the activations, unless they take more than half of what the step's
 * weights leave of the memory.
 * @param step the step, its activations made again or kept
 * @param memory bytes that the engine may use
 */
export const stepWithin = (
  memory: number,
  recompute: Recompute,
  step: (recompute: boolean) => Graph,
): Graph => {
  if (recompute !== 'auto') return step(recompute);
  const keeping = step(false);
  const { activations, weights } = plannedBytes(keeping);
  return activations > (memory - weights) / 2 ? step(true) : keeping;
};
