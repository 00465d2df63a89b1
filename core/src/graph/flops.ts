import { type Graph, type Node, valueNamed } from './graph.js';
import { operatorOf } from './ops/index.js';

/** Floating point operations of one run of the graph, a multiply-add counted as 2. */
export const flopsOf = (graph: Graph): number =>
  graph.nodes.reduce((sum, node) => sum + flopsOfNode(graph, node), 0);

/** The same by module path, in the order in which the graph meets the modules. */
export const flopsByPath = (graph: Graph): ReadonlyMap<string, number> => {
  const flops = new Map<string, number>();
  for (const node of graph.nodes)
    flops.set(node.path, (flops.get(node.path) ?? 0) + flopsOfNode(graph, node));
  return flops;
};

/** Of one node. */
export const flopsOfNode = (graph: Graph, node: Node): number =>
  operatorOf(node.op).flops(
    node.inputs.map(name => (name === '' ? undefined : valueNamed(graph, name))),
    node.outputs.map(name => valueNamed(graph, name)),
    node.attributes,
  );
