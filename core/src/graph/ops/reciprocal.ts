import type { GraphBuilder } from '../builder.js';
import type { Value } from '../graph.js';
import { neverZero } from '../operator.js';
import { unary } from './elementwise.js';
import { mul } from './mul.js';
import { neg } from './neg.js';

/** `1 / x`. */
export const Reciprocal = unary({
  name: 'Reciprocal',
  f: x => 1 / x,
  gradient: (g, dy, _, y) => neg(g, mul(g, dy, mul(g, y, y))),
  zero: neverZero,
});

export const reciprocal = (g: GraphBuilder, x: Value): Value => g.apply('Reciprocal', [x])[0]!;
