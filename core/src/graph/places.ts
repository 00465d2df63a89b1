import type { Graph } from './graph.js';

/** A place between two nodes of a graph. */
export interface Place {
  /** How many nodes stand before it. */
  readonly at: number;
  /** What passes it: values that nodes before compute from the inputs of the graph and nodes behind read. */
  readonly live: readonly string[];
}

/**
 * The place behind each node, in execution order. What a part of the graph can have or make by itself passes no place:
 * inputs, parameters, constants, and what follows from parameters and constants alone. Outputs of the graph may be made
 * on either side.
 */
export const places = (graph: Graph): Place[] => {
  const lastRead = new Map<string, number>();
  for (const [i, node] of graph.nodes.entries()) for (const name of node.inputs) lastRead.set(name, i);
  const varying = new Set(graph.inputs);
  const live = new Set<string>();
  return graph.nodes.map((node, i) => {
    if (node.inputs.some(name => varying.has(name)))
      for (const name of node.outputs) {
        varying.add(name);
        if (lastRead.has(name)) live.add(name);
      }
    for (const name of node.inputs) if (lastRead.get(name) === i) live.delete(name);
    return { at: i + 1, live: [...live] };
  });
};
