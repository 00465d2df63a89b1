import type { GraphBuilder } from '../builder.js';
import type { Value } from '../graph.js';
import { binary } from './elementwise.js';
import { mul } from './mul.js';
import { neg } from './neg.js';

/** `a / b` elementwise, with broadcasting. */
export const Div = binary({
  name: 'Div',
  f: (a, b) => a / b,
  gradient: [(g, dy, _, b) => div(g, dy, b), (g, dy, _, b, y) => neg(g, mul(g, dy, div(g, y, b)))],
  // 0 / 0 is no zero, so the divisor must stay away from it.
  zero: ([a, b]) => a === true && b !== true,
});

export const div = (g: GraphBuilder, a: Value, b: Value): Value => g.apply('Div', [a, b])[0]!;
