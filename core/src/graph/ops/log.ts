import type { GraphBuilder } from '../builder.js';
import type { Value } from '../graph.js';
import { neverZero } from '../operator.js';
import { div } from './div.js';
import { unary } from './elementwise.js';

/** The natural logarithm. */
export const Log = unary({
  name: 'Log',
  f: Math.log,
  gradient: (g, dy, x) => div(g, dy, x),
  zero: neverZero,
});

export const log = (g: GraphBuilder, x: Value): Value => g.apply('Log', [x])[0]!;
