import type { GraphBuilder } from '../builder.js';
import type { Value } from '../graph.js';
import { neverZero } from '../operator.js';
import { unary } from './elementwise.js';
import { mul } from './mul.js';
import { sub } from './sub.js';

/** `1 / (1 + e⁻ˣ)`. */
export const Sigmoid = unary({
  name: 'Sigmoid',
  f: x => 1 / (1 + Math.exp(-x)),
  gradient: (g, dy, _, y) => mul(g, dy, mul(g, y, sub(g, g.scalar(1), y))),
  zero: neverZero,
});

export const sigmoid = (g: GraphBuilder, x: Value): Value => g.apply('Sigmoid', [x])[0]!;
