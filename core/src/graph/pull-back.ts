import { GraphBuilder } from './builder.js';
import { type Graph, outputOf } from './graph.js';
import { mul } from './ops/mul.js';
import { reduceSum } from './ops/reduce-sum.js';
import { withoutDeadNodes } from './prune-dead.js';

/** Name of the input that holds d loss / d value. */
export const upstreamName = (value: string): string => `upstream:${value}`;

/**
 * A graph whose `loss` is ⟨value, upstream⟩ for one of its outputs, with d loss / d value fed as an input of the
 * value's shape: its gradients are those of the loss that lies behind the value, by the chain rule.
 */
export const pullBack = (graph: Graph, role: string): Graph => {
  const value = outputOf(graph, role);
  const g = GraphBuilder.from(graph);
  for (const other of graph.outputs.keys()) g.dropOutput(other);
  const upstream = g.input(upstreamName(value.name), value.shape);
  g.output(
    'loss',
    reduceSum(
      g,
      mul(g, value, upstream),
      value.shape.map((_, axis) => axis),
    ),
  );
  return withoutDeadNodes(g.build());
};
