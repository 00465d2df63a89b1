import type { GraphBuilder } from './builder.js';
import type { Graph, Value } from './graph.js';
import { weightOf } from './linear-weight.js';
import { add } from './ops/add.js';
import { div } from './ops/div.js';
import { gemm } from './ops/gemm.js';
import { mul } from './ops/mul.js';
import { reduceSum } from './ops/reduce-sum.js';
import { reshape } from './ops/reshape.js';
import { sub } from './ops/sub.js';
import { rebuild } from './rebuild.js';

/**
 * What can be known of a weight's inputs x [T, in], over the positions that hold text: `squares` Σ x², [in]; `sums` Σ x,
 * [in]; `spreads` Σ (x − mean)² with the mean of the batch, [in]; `gram` Σ x xᵀ, [in, in].
 */
export type InputStatistic = 'squares' | 'sums' | 'spreads' | 'gram';

/** Output role that holds a statistic of a weight's input columns. */
export const inputName = (statistic: InputStatistic, param: string): string => `input ${statistic}:${param}`;

/**
 * Adds, for each named weight of a linear layer, these statistics of its inputs as outputs. Input `present` float [T] is
 * 1 where a position holds text and 0 where it is padding. Statistics of a weight that is read twice add up; the means
 * that `spreads` are about are then those of each reading.
 */
export const observeInputs = (
  graph: Graph,
  params: ReadonlySet<string>,
  statistics: readonly InputStatistic[],
): Graph => {
  const seen = new Map<string, Value>();
  return rebuild(
    graph,
    (g, node, [x]) => {
      const param = weightOf(node);
      if (param === undefined || !params.has(param)) return undefined;
      const present = g.input('present', [x!.shape[0]!]);
      for (const statistic of statistics) {
        const name = inputName(statistic, param);
        const value = compute(g, statistic, x!, reshape(g, present, [x!.shape[0]!, 1]));
        const known = seen.get(name);
        seen.set(name, known ? add(g, known, value) : value);
      }
      return undefined;
    },
    g => {
      for (const [name, value] of seen) g.output(name, value);
    },
  );
};

/** @param present [T, 1] */
const compute = (g: GraphBuilder, statistic: InputStatistic, x: Value, present: Value): Value => {
  const shown = mul(g, x, present);
  switch (statistic) {
    case 'squares':
      return reduceSum(g, mul(g, shown, x), [0]);
    case 'sums':
      return reduceSum(g, shown, [0]);
    case 'spreads': {
      const mean = div(g, reduceSum(g, shown, [0], true), reduceSum(g, present, [0], true));
      const centred = sub(g, x, mean);
      return reduceSum(g, mul(g, mul(g, centred, centred), present), [0]);
    }
    case 'gram':
      return gemm(g, shown, x, { transA: true });
  }
};
