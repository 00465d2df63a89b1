import type { Graph, Value } from './graph.js';
import { gather } from './ops/gather.js';
import { rebuild } from './rebuild.js';
import { canTakeDocuments, documentsName } from './with-documents.js';

/** Name of the input that numbers the trunk of each position: float [1, sequence], whole numbers. */
export const trunksName = 'trunks';
/** Name of the input that counts positions within their text: int64 [sequence], each below `sequence`. */
export const positionsName = 'positions';

/**
 * True when texts can share their beginning in a graph: its attention can be told of documents, and has no window, which
 * would count by places in the sequence.
 */
export const canTakeBranches = (graph: Graph): boolean =>
  canTakeDocuments(graph) &&
  graph.nodes.every(({ op, attributes, inputs }) => {
    if (op !== 'CausalAttention') return true;
    const [batch, length] = graph.values.get(inputs[0]!)!.shape as [number, number];
    const { window = 0 } = attributes as { window?: number };
    return batch === 1 && (window === 0 || window >= length);
  });

/**
 * Lets texts that begin alike share a sequence and their beginning, a trunk, which is computed once: input `documents`
 * numbers the part of each position, a trunk or a branch, `trunks` the trunk that it goes on from (its own number for a
 * trunk), and `positions` says how far into its text a position is. A position attends to its own part and to its trunk,
 * so that a text computes what it would in a sequence of its own.
 *
 * Every layer reads the inputs itself, so that the residual stream remains all that passes between layers.
 *
 * Throws a plain Error for graphs that cannot: {@link canTakeBranches}.
 */
export const withBranches = (graph: Graph): Graph => {
  if (!canTakeBranches(graph))
    throw new Error('attention in primitives, windows and batches take no branches');
  return rebuild(graph, (g, { op, attributes, outputs }, inputs) => {
    if (op === 'CausalAttention') {
      const shape = inputs[0]!.shape.slice(0, 2);
      const numbers = [documentsName, trunksName].map(name => g.input(name, shape));
      return g.apply(op, [...inputs.slice(0, 3), ...numbers], attributes, outputs);
    }
    if (op !== 'RotaryEmbedding') return undefined;
    const [x, ...tables] = inputs as [Value, Value, Value];
    const positions = g.input(positionsName, [x.shape[1]!], 'int64');
    return g.apply(op, [x, ...tables.map(table => gather(g, table, positions))], attributes, outputs);
  });
};
