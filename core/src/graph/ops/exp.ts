import type { GraphBuilder } from '../builder.js';
import type { Value } from '../graph.js';
import { neverZero } from '../operator.js';
import { unary } from './elementwise.js';
import { mul } from './mul.js';

/** `eˣ`. */
export const Exp = unary({
  name: 'Exp',
  f: Math.exp,
  gradient: (g, dy, _, y) => mul(g, dy, y),
  zero: neverZero,
});

export const exp = (g: GraphBuilder, x: Value): Value => g.apply('Exp', [x])[0]!;
