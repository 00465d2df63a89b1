import { type CompileOptions, memoryAtHand, type Recompute, SecateurError } from '@secateur/core';
import { differentiate, expandGraph, type Graph, plannedBytes, withoutDeadNodes } from '@secateur/core/graph';
import type { Kernels } from './kernels/index.js';

/**
 * The graph as it is run: differentiated, and in primitives alone.
 * @throws SecateurError E_ENGINE for what core cannot derive and for a primitive without a kernel
 */
export const derive = (
  graph: Graph,
  { wrt = [], form = 'fused', recompute = false }: CompileOptions,
  kernels: Kernels,
): Graph => {
  const base = form === 'naive' ? expandGraph(graph).graph : graph;
  const step = (again: boolean): Graph =>
    withoutDeadNodes(
      expandGraph(wrt.length === 0 ? base : differentiate(base, { wrt, recompute: again })).graph,
    );
  try {
    const program = recomputing(step, wrt.length > 0 && recompute);
    for (const { op, path } of program.nodes)
      if (!kernels.has(op))
        throw new SecateurError('E_ENGINE', `The operator ${op} of "${path}" has no form in TensorFlow.js.`);
    return program;
  } catch (cause) {
    if (cause instanceof SecateurError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SecateurError('E_ENGINE', `The graph cannot be compiled: ${reason}.`, { cause });
  }
};

const recomputing = (step: (again: boolean) => Graph, recompute: Recompute): Graph => {
  if (recompute !== 'auto') return step(recompute);
  const keeping = step(false);
  const { activations, weights } = plannedBytes(keeping);
  return activations + weights > memoryAtHand() ? step(true) : keeping;
};
