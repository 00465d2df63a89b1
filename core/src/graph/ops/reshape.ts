import type { GraphBuilder } from '../builder.js';
import type { Shape, Value } from '../graph.js';
import { sizeOf } from '../graph.js';
import { everyZero, type Primitive } from '../operator.js';

/** The shape of the output, every extent given. */
type ReshapeAttributes = { readonly shape: Shape };

/** The same elements in the same row-major order under another shape. */
export const Reshape: Primitive = {
  name: 'Reshape',
  kind: 'primitive',
  zero: everyZero,
  moves: true,
  view: true,
  infer: ([x], { shape }: ReshapeAttributes) => {
    if (sizeOf(shape) !== sizeOf(x!.shape) || shape.some(extent => extent < 0))
      throw new Error(`Reshape: [${x!.shape}] does not fill [${shape}]`);
    return [{ dtype: x!.dtype, shape }];
  },
  evaluate: ([x], { shape }: ReshapeAttributes) => [{ shape, data: x!.data }],
  gradient: (g, { inputs: [x], outputGradients: [dy] }) => [reshape(g, dy!, x!.shape)],
  couple: c =>
    c.tieProduct(
      c.inputs[0]!.shape.map((_, axis) => c.input(0, axis)),
      c.outputs[0]!.shape.map((_, axis) => c.output(0, axis)),
    ),
  resize: (_, { outputs: [y] }) => ({ shape: y!.shape }),
  flops: () => 0,
};

export const reshape = (g: GraphBuilder, x: Value, shape: Shape): Value =>
  g.apply('Reshape', [x], { shape })[0]!;
