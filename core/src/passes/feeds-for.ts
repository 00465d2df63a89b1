import type { Graph } from '../graph/graph.js';
import type { CompileOptions, Feeds } from '../ports/engine.js';

/** Those of the feeds that a graph takes when it is compiled with these options. */
export const feedsFor = (graph: Graph, { wrt = [], fed = [] }: CompileOptions, feeds: Feeds): Feeds => {
  const changed = new Set([...wrt, ...fed]);
  const isTaken = (name: string): boolean => {
    if (graph.inputs.includes(name)) return true;
    const parameter = graph.parameters.get(name);
    return parameter !== undefined && (changed.has(name) || !parameter.ref);
  };
  return Object.fromEntries(Object.entries(feeds).filter(([name]) => isTaken(name)));
};
