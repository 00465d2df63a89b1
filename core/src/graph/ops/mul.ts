import type { GraphBuilder } from '../builder.js';
import type { Value } from '../graph.js';
import { someZero } from '../operator.js';
import { binary } from './elementwise.js';

/** `a · b` elementwise, with broadcasting. */
export const Mul = binary({
  name: 'Mul',
  f: (a, b) => a * b,
  gradient: [(g, dy, _, b) => mul(g, dy, b), (g, dy, a) => mul(g, dy, a)],
  zero: someZero,
});

export const mul = (g: GraphBuilder, a: Value, b: Value): Value => g.apply('Mul', [a, b])[0]!;

/** `x · s` for a number s. */
export const scaleBy = (g: GraphBuilder, x: Value, s: number): Value =>
  s === 1 ? x : mul(g, x, g.scalar(s));
