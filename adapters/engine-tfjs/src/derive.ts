import { type CompileOptions, memoryAtHand, SecateurError, stepWithin } from '@secateur/core';
import { differentiate, expandGraph, type Graph, withoutDeadNodes } from '@secateur/core/graph';
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
  const lowered = (derived: Graph): Graph => withoutDeadNodes(expandGraph(derived).graph);
  try {
    const program =
      wrt.length === 0
        ? lowered(base)
        : stepWithin(memoryAtHand(), recompute, again =>
            lowered(differentiate(base, { wrt, recompute: again })),
          );
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
