import { SecateurError } from '../errors.js';
import { differentiate } from '../graph/differentiate.js';
import { expandGraph } from '../graph/expand.js';
import type { Graph } from '../graph/graph.js';
import type { CompileOptions } from '../ports/engine.js';
import { stepWithin } from './step-within.js';

/** What an engine makes of graphs. */
export interface Lowering {
  /** The caller's graph in the form `fused`. Default: as it is. */
  readonly fused?: (graph: Graph) => Graph;
  /** The graph with its gradients, as the engine runs it. */
  readonly lower: (derived: Graph) => Graph;
  /** Bytes by which `recompute: 'auto'` is decided. */
  readonly memory: number;
}

/**
 * The graph that an engine runs: expanded as wanted, differentiated, and lowered.
 * @throws SecateurError E_ENGINE for what core or the engine cannot derive
 */
export const deriveGraph = (
  graph: Graph,
  { wrt = [], form = 'fused', recompute = false }: CompileOptions,
  { fused = whole => whole, lower, memory }: Lowering,
): Graph => {
  try {
    const base = form === 'naive' ? expandGraph(graph).graph : fused(graph);
    if (wrt.length === 0) return lower(base);
    return stepWithin(memory, recompute, again => lower(differentiate(base, { wrt, recompute: again })));
  } catch (cause) {
    if (cause instanceof SecateurError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SecateurError('E_ENGINE', `The graph cannot be compiled: ${reason}.`, { cause });
  }
};
