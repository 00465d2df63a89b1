import { type Graph, valueNamed } from './graph.js';
import { operatorOf } from './ops/index.js';

/** Floating point operations of each node in one run of the graph, in its order, a multiply-add counted as 2. */
export const flopsOfNodes = (graph: Graph): number[] => {
  const read = new Set([...graph.nodes.flatMap(({ inputs }) => inputs), ...graph.outputs.values()]);
  return graph.nodes.map(node =>
    operatorOf(node.op).flops(
      node.inputs.map(name => (name === '' ? undefined : valueNamed(graph, name))),
      node.outputs.map(name => valueNamed(graph, name)),
      node.attributes,
      node.outputs.map(name => read.has(name)),
    ),
  );
};

/** Of one run of the whole graph. */
export const flopsOf = (graph: Graph): number => flopsOfNodes(graph).reduce((sum, flops) => sum + flops, 0);

/** The same by module path, in the order in which the graph meets the modules. */
export const flopsByPath = (graph: Graph): ReadonlyMap<string, number> => {
  const flops = new Map<string, number>();
  for (const [i, own] of flopsOfNodes(graph).entries()) {
    const { path } = graph.nodes[i]!;
    flops.set(path, (flops.get(path) ?? 0) + own);
  }
  return flops;
};
