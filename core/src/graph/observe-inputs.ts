import type { Graph, Value } from './graph.js';
import { add } from './ops/add.js';
import { mul } from './ops/mul.js';
import { reduceSum } from './ops/reduce-sum.js';
import { reshape } from './ops/reshape.js';
import { rebuild } from './rebuild.js';

/** Output role that holds the squared norms of a weight's input columns. */
export const inputSquaresName = (param: string): string => `inputSquares:${param}`;

/**
 * Adds, for each named weight of a linear layer, the sum over tokens of the squared inputs, [in]. Input `present`
 * float [T] is 1 where a position holds text and 0 where it is padding.
 */
export const observeInputs = (graph: Graph, params: ReadonlySet<string>): Graph => {
  const seen = new Map<string, Value>();
  let present: Value | undefined;
  return rebuild(
    graph,
    (g, node, [x]) => {
      const param = node.inputs[1];
      if ((node.op !== 'Linear' && node.op !== 'LoraLinear') || param === undefined || !params.has(param))
        return undefined;
      const rows = x!.shape[0]!;
      present ??= g.input('present', [rows]);
      const squares = mul(g, mul(g, x!, x!), reshape(g, present, [rows, 1]));
      const sum = reduceSum(g, squares, [0]);
      const known = seen.get(param);
      seen.set(param, known ? add(g, known, sum) : sum);
      return undefined;
    },
    g => {
      for (const [param, value] of seen) g.output(inputSquaresName(param), value);
    },
  );
};
