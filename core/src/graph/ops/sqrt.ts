import type { GraphBuilder } from '../builder.js';
import type { Value } from '../graph.js';
import { everyZero } from '../operator.js';
import { div } from './div.js';
import { unary } from './elementwise.js';
import { scaleBy } from './mul.js';

/** `√x`. */
export const Sqrt = unary({
  name: 'Sqrt',
  f: Math.sqrt,
  gradient: (g, dy, _, y) => scaleBy(g, div(g, dy, y), 0.5),
  zero: everyZero,
});

export const sqrt = (g: GraphBuilder, x: Value): Value => g.apply('Sqrt', [x])[0]!;
