import type { GraphBuilder } from '../builder.js';
import type { Value } from '../graph.js';
import { everyZero } from '../operator.js';
import { binary } from './elementwise.js';
import { neg } from './neg.js';

/** `a − b`, with broadcasting. */
export const Sub = binary({
  name: 'Sub',
  f: (a, b) => a - b,
  gradient: [(_, dy) => dy, (g, dy) => neg(g, dy)],
  zero: everyZero,
});

export const sub = (g: GraphBuilder, a: Value, b: Value): Value => g.apply('Sub', [a, b])[0]!;
