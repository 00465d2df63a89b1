import { type CompileOptions, deriveGraph, memoryAtHand, SecateurError } from '@secateur/core';
import { expandGraph, type Graph, withoutDeadNodes } from '@secateur/core/graph';
import type { Kernels } from './kernels/index.js';

/**
 * The graph as it is run: differentiated, and in primitives alone.
 * @throws SecateurError E_ENGINE for what core cannot derive and for a primitive without a kernel
 */
export const derive = (graph: Graph, options: CompileOptions, kernels: Kernels): Graph => {
  const program = deriveGraph(graph, options, {
    lower: derived => withoutDeadNodes(expandGraph(derived).graph),
    memory: memoryAtHand(),
  });
  for (const { op, path } of program.nodes)
    if (!kernels.has(op))
      throw new SecateurError('E_ENGINE', `The operator ${op} of "${path}" has no form in TensorFlow.js.`);
  return program;
};
