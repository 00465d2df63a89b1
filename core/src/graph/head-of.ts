import { type Graph, type Node, outputOf } from './graph.js';

/** The linear layer that makes the logits. Throws a plain Error when another operator does. */
export const headOf = (graph: Graph): Node => {
  const logits = outputOf(graph, 'logits');
  const head = graph.nodes.find(node => node.outputs.includes(logits.name));
  if (head?.op !== 'Linear' || head.inputs.length > 2)
    throw new Error(
      `the logits come from ${head ? `${head.op} at ${head.path}` : 'an input'}, not from a plain linear layer`,
    );
  return head;
};
