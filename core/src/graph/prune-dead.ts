import type { Graph } from './graph.js';

/**
 * The graph without the nodes and constants that no output needs. Inputs and parameters stay: they are what the
 * graph is fed with and what pruning counts.
 */
export const withoutDeadNodes = (graph: Graph): Graph => {
  const needed = new Set([...graph.outputs.values(), ...graph.inputs, ...graph.parameters.keys()]);
  const nodes = graph.nodes
    .toReversed()
    .filter(node => {
      if (!node.outputs.some(name => needed.has(name))) return false;
      for (const name of [...node.inputs, ...node.outputs]) needed.add(name);
      return true;
    })
    .toReversed();
  const among = <V>(all: ReadonlyMap<string, V>): Map<string, V> =>
    new Map([...all].filter(([name]) => needed.has(name)));
  return { ...graph, nodes, values: among(graph.values), constants: among(graph.constants) };
};
