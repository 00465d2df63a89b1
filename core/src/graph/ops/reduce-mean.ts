import type { GraphBuilder } from '../builder.js';
import type { Value } from '../graph.js';
import { sizeOf } from '../graph.js';
import { expand } from './expand.js';
import { scaleBy } from './mul.js';
import { reduction } from './reduction.js';

/** Arithmetic mean over `axes`. */
export const ReduceMean = reduction({
  name: 'ReduceMean',
  f: elements => elements.reduce((sum, x) => sum + x, 0) / elements.length,
  gradient: (g, dy, x) => scaleBy(g, expand(g, dy, x.shape), sizeOf(dy.shape) / sizeOf(x.shape)),
  couple: (c, reduced) => c.freeze(reduced, 'a mean runs over it'),
});

export const reduceMean = (g: GraphBuilder, x: Value, axes: readonly number[], keepdims = false): Value =>
  g.apply('ReduceMean', [x], { axes, keepdims })[0]!;
