import type { GraphBuilder } from '../builder.js';
import type { Value } from '../graph.js';
import { expand } from './expand.js';
import { reduction } from './reduction.js';

/**
 * Sum over `axes`. The attribute `normalises` marks the sum of a mean whose divisor is kept when indices are cut
 * (see RmsNorm), so that cut and zeroed give the same.
 */
export const ReduceSum = reduction({
  name: 'ReduceSum',
  f: elements => elements.reduce((sum, x) => sum + x, 0),
  gradient: (g, dy, x) => expand(g, dy, x.shape),
  couple: (c, reduced) => {
    c.contract(reduced);
    if (c.attributes.normalises) c.normalise(reduced);
  },
});

export const reduceSum = (g: GraphBuilder, x: Value, axes: readonly number[], keepdims = false): Value =>
  g.apply('ReduceSum', [x], { axes, keepdims })[0]!;
