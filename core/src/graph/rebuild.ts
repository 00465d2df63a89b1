import { GraphBuilder } from './builder.js';
import type { Graph, Node, Value } from './graph.js';

/**
 * Replaces the outputs of a node: called once per node with its inputs as they are in the new graph. Returns the
 * values that stand for the node's outputs, or undefined to keep the node.
 */
export type Rewrite = (
  g: GraphBuilder,
  node: Node,
  inputs: readonly (Value | undefined)[],
) => readonly Value[] | undefined;

/**
 * Copies a graph node by node, with some nodes replaced. Values that are not replaced keep their names; outputs follow
 * their values. `finish` may add outputs; `g` is an empty builder that makes the copy in a way of its own.
 */
export const rebuild = (
  graph: Graph,
  rewrite: Rewrite,
  finish?: (g: GraphBuilder, now: (name: string) => Value) => void,
  g = new GraphBuilder(),
): Graph => {
  const map = new Map<string, Value>();
  const now = (name: string): Value => {
    const value = map.get(name);
    if (!value) throw new Error(`value "${name}" is read before it is made`);
    return value;
  };
  g.reserve(graph.nodes.flatMap(node => node.outputs)); // a new node must not take the name of an old one
  for (const name of graph.inputs) {
    const { shape, dtype } = graph.values.get(name)!;
    map.set(name, g.input(name, shape, dtype));
  }
  for (const parameter of graph.parameters.values())
    map.set(parameter.name, g.parameter(parameter.name, parameter.shape, parameter));
  for (const constant of graph.constants.values()) map.set(constant.name, g.adopt(constant));
  for (const node of graph.nodes) {
    const inputs = node.inputs.map(name => (name === '' ? undefined : now(name)));
    const outputs = g.at(
      node.path,
      () => rewrite(g, node, inputs) ?? g.apply(node.op, inputs, node.attributes, node.outputs),
    );
    node.outputs.forEach((name, i) => {
      if (outputs[i]) map.set(name, outputs[i]);
    });
  }
  for (const [role, name] of graph.outputs) g.output(role, now(name));
  finish?.(g, now);
  return g.build();
};
