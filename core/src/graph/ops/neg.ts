import type { GraphBuilder } from '../builder.js';
import type { Value } from '../graph.js';
import { everyZero } from '../operator.js';
import { unary } from './elementwise.js';

/** `−x`. */
export const Neg = unary({ name: 'Neg', f: x => -x, gradient: (g, dy) => neg(g, dy), zero: everyZero });

export const neg = (g: GraphBuilder, x: Value): Value => g.apply('Neg', [x])[0]!;
