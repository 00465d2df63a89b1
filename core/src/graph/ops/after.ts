import type { GraphBuilder } from '../builder.js';
import type { Value } from '../graph.js';
import type { Composite } from '../operator.js';

/**
 * x, but not before `first` has been computed: what is made of it then is not made early, nor is it taken for the same
 * thing made of x itself. x and `first` of any shape and type; `first` gets no gradient.
 */
export const After: Composite = {
  name: 'After',
  kind: 'composite',
  view: true,
  infer: ([x]) => [{ dtype: x!.dtype, shape: x!.shape }],
  expand: (_, [x]) => [x!],
  gradient: (_, { outputGradients: [dy] }) => [dy, undefined],
  flops: () => 0,
};

export const after = (g: GraphBuilder, x: Value, first: Value): Value => g.apply('After', [x, first])[0]!;
