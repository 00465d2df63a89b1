import { GraphBuilder } from './builder.js';
import { type Graph, valueNamed } from './graph.js';

export interface SubgraphOptions {
  /** Values of the graph that are inputs of the part, by name; they keep it. Default: none. */
  readonly given?: readonly string[];
  /** Output role to the name of the value. Default: the outputs of the graph. */
  readonly outputs?: ReadonlyMap<string, string>;
}

/**
 * The part of a graph that computes some values from some others. It has the inputs, parameters and constants that the
 * part reads, and no more; names are those of the graph, so that pieces fit together.
 */
export const subgraph = (graph: Graph, { given = [], outputs = graph.outputs }: SubgraphOptions): Graph => {
  const fed = new Set(given);
  const needed = new Set(outputs.values());
  const nodes = graph.nodes
    .toReversed()
    .filter(node => {
      if (!node.outputs.some(name => needed.has(name) && !fed.has(name))) return false;
      for (const name of node.inputs) needed.add(name);
      return true;
    })
    .toReversed();

  const g = new GraphBuilder();
  for (const name of graph.inputs)
    if (needed.has(name)) g.input(name, valueNamed(graph, name).shape, valueNamed(graph, name).dtype);
  for (const name of fed)
    if (needed.has(name) && !graph.inputs.includes(name))
      g.input(name, valueNamed(graph, name).shape, valueNamed(graph, name).dtype);
  for (const parameter of graph.parameters.values())
    if (needed.has(parameter.name)) g.parameter(parameter.name, parameter.shape, parameter);
  for (const constant of graph.constants.values()) if (needed.has(constant.name)) g.adopt(constant);
  const { values, ...rest } = g.build();
  return {
    ...rest,
    values: new Map([
      ...values,
      ...nodes.flatMap(node =>
        node.outputs.filter(name => !fed.has(name)).map(name => [name, valueNamed(graph, name)] as const),
      ),
    ]),
    nodes,
    outputs,
  };
};
