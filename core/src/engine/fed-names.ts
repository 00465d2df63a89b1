import type { Graph } from '../graph/graph.js';

/**
 * Names of what a compiled graph is fed, in the order of declaration: its inputs, and parameters that have no file, that are
 * differentiated by, or that the caller has changed.
 */
export const fedNames = (graph: Graph, wrt: readonly string[], fed: readonly string[]): readonly string[] => {
  const named = new Set([...wrt, ...fed]);
  const parameters = [...graph.parameters.values()].filter(({ name, ref }) => named.has(name) || !ref);
  return [...graph.inputs, ...parameters.map(({ name }) => name)];
};
