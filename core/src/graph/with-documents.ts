import type { Graph, Value } from './graph.js';
import { rebuild } from './rebuild.js';

/** Name of the input that numbers documents: float [batch, sequence], whole numbers. */
export const documentsName = 'documents';

/** True when all attention of a graph is `CausalAttention`, which can be told of documents. */
export const canTakeDocuments = ({ nodes }: Graph): boolean =>
  nodes.some(({ op }) => op === 'CausalAttention') && !nodes.some(({ op }) => op === 'Softmax');

/**
 * Keeps documents that share a sequence apart: input `documents` numbers the document of each position, and no position
 * attends to one of another document. Rotary positions go on from one document to the next: scores depend on the distance
 * of two positions alone (arXiv 2104.09864), so a document computes what it would in a sequence of its own.
 *
 * Every layer reads the input itself, so that the residual stream remains all that passes between layers.
 *
 * Throws a plain Error for attention that is made of primitives: {@link canTakeDocuments}.
 */
export const withDocuments = (graph: Graph): Graph => {
  if (!canTakeDocuments(graph)) throw new Error('attention that is made of primitives takes no documents');
  let documents: Value | undefined;
  return rebuild(graph, (g, node, inputs) => {
    if (node.op !== 'CausalAttention') return undefined;
    documents ??= g.input(documentsName, inputs[0]!.shape.slice(0, 2));
    return g.apply(node.op, [...inputs.slice(0, 3), documents], node.attributes, node.outputs);
  });
};
