import { expandGraph } from './expand.js';
import { type Graph, type Shape, sizeOf, type Value, valueNamed } from './graph.js';
import type { Dense, Primitive } from './operator.js';
import { operatorOf } from './ops/index.js';

/** Inputs and parameters by name. int64 tensors are held as float64 numbers too. */
export type DenseFeeds = Readonly<Record<string, Dense>>;

/**
 * The reference interpreter: runs a graph in float64, by the plain loops of its primitives. Composites are run as
 * their expansions, so fused forms are never trusted here. Every tensor is kept and returned, by its name in `graph`
 * and, inside of composites, in the expansion.
 *
 * Throws a plain Error for a feed that is missing or of another shape.
 */
export const evaluate = (graph: Graph, feeds: DenseFeeds): Map<string, Dense> => {
  const { graph: primitives, alias } = expandGraph(graph);
  const tensors = new Map<string, Dense>(primitives.constants);
  for (const name of [...graph.inputs, ...graph.parameters.keys()])
    tensors.set(name, checkedFeed(valueNamed(graph, name), feeds[name]));

  for (const node of primitives.nodes) {
    const operator = operatorOf(node.op) as Primitive;
    const inputs = node.inputs.map(name => tensors.get(name));
    const outputs = node.outputs.map(name => valueNamed(primitives, name));
    operator.evaluate(inputs, node.attributes, outputs).forEach((tensor, i) => {
      tensors.set(node.outputs[i]!, tensor);
    });
  }
  for (const [name, stand] of alias) tensors.set(name, tensors.get(stand)!);
  return tensors;
};

const checkedFeed = ({ name, shape }: Value, feed: Dense | undefined): Dense => {
  if (!feed) throw new Error(`"${name}" is not fed`);
  if (!sameShape(feed.shape, shape) || feed.data.length !== sizeOf(shape))
    throw new Error(
      `"${name}" is fed [${feed.shape}] with ${feed.data.length} elements, expected [${shape}]`,
    );
  return feed;
};

const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((extent, d) => extent === b[d]);
