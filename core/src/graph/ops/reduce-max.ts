import type { GraphBuilder } from '../builder.js';
import type { Value } from '../graph.js';
import { div } from './div.js';
import { exp } from './exp.js';
import { mul, scaleBy } from './mul.js';
import { reduceSum } from './reduce-sum.js';
import { reduction } from './reduction.js';
import { sub } from './sub.js';

/** So steep that e^(steepness · (x − max)) is 1 at the maximum and 0 elsewhere, in either precision. */
const steepness = 1e30;

/** Maximum over `axes`. */
export const ReduceMax = reduction({
  name: 'ReduceMax',
  f: elements => elements.reduce((max, x) => Math.max(max, x), Number.NEGATIVE_INFINITY),
  // The gradient goes to the maximum; equal maxima share it.
  gradient: (g, dy, x, y, axes) => {
    const chosen = exp(g, scaleBy(g, sub(g, x, y), steepness));
    return mul(g, chosen, div(g, dy, reduceSum(g, chosen, axes, true)));
  },
  couple: (c, reduced) => c.freeze(reduced, 'a maximum runs over it'),
});

export const reduceMax = (g: GraphBuilder, x: Value, axes: readonly number[], keepdims = false): Value =>
  g.apply('ReduceMax', [x], { axes, keepdims })[0]!;
