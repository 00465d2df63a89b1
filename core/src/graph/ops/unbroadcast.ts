import type { GraphBuilder } from '../builder.js';
import type { Shape, Value } from '../graph.js';
import { reduceSum } from './reduce-sum.js';
import { reshape } from './reshape.js';

/** Sums a gradient over the axes along which `shape` was broadcast: the adjoint of broadcasting. */
export const unbroadcast = (g: GraphBuilder, gradient: Value, shape: Shape): Value => {
  const lead = gradient.shape.length - shape.length;
  const axes = gradient.shape.flatMap((extent, d) =>
    d < lead || (shape[d - lead] === 1 && extent !== 1) ? [d] : [],
  );
  if (axes.length === 0) return gradient;
  const summed = reduceSum(g, gradient, axes, true);
  return lead === 0 ? summed : reshape(g, summed, shape);
};
