import type { GraphBuilder } from '../builder.js';
import type { Value } from '../graph.js';
import { everyZero } from '../operator.js';
import { binary } from './elementwise.js';

/** `a + b`, with broadcasting. */
export const Add = binary({
  name: 'Add',
  f: (a, b) => a + b,
  gradient: [(_, dy) => dy, (_, dy) => dy],
  zero: everyZero,
});

export const add = (g: GraphBuilder, a: Value, b: Value): Value => g.apply('Add', [a, b])[0]!;
