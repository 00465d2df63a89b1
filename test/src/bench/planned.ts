import { differentiate, flopsOf, type Graph, plannedBytes } from '@secateur/core/graph';

/** What a step is planned to cost, counted on the graph and not measured. */
export interface Planned {
  /** Of the graph with its gradients. */
  readonly nodes: number;
  readonly flops: number;
  /** Bytes of the activations that are alive at once, at their most. */
  readonly activations: number;
}

/** Counts the step of a loss graph. */
export const planned = (graph: Graph, wrt: readonly string[]): Planned => {
  const step = differentiate(graph, { wrt });
  const { activations } = plannedBytes(step);
  return { nodes: step.nodes.length, flops: flopsOf(step), activations };
};
