import type { GraphBuilder } from '../builder.js';
import type { Shape, Value } from '../graph.js';
import { everyZero, type Primitive } from '../operator.js';
import { broadcastShape, broadcastTo, tieAligned } from './broadcast.js';
import { unbroadcast } from './unbroadcast.js';

/** The shape of the output; the input broadcasts to it. */
type ExpandAttributes = { readonly shape: Shape };

/** Repeats along axes of extent 1 and along new leading axes. */
export const Expand: Primitive = {
  name: 'Expand',
  kind: 'primitive',
  zero: everyZero,
  infer: ([x], { shape }: ExpandAttributes) => {
    const common = broadcastShape('Expand', x!.shape, shape);
    if (common.length !== shape.length || common.some((extent, d) => extent !== shape[d]))
      throw new Error(`Expand: [${x!.shape}] does not broadcast to [${shape}]`);
    return [{ dtype: x!.dtype, shape }];
  },
  evaluate: ([x], { shape }: ExpandAttributes) => [broadcastTo(x!, shape)],
  gradient: (g, { inputs: [x], outputGradients: [dy] }) => [unbroadcast(g, dy!, x!.shape)],
  couple: c => {
    tieAligned(c, 0);
    const from = c.inputs[0]!.shape;
    const to = c.outputs[0]!.shape;
    for (const [d, extent] of to.entries())
      if ((from[from.length - to.length + d] ?? 1) < extent) c.repeat(c.output(0, d));
  },
  resize: (_, { outputs: [y] }) => ({ shape: y!.shape }),
  flops: () => 0,
};

export const expand = (g: GraphBuilder, x: Value, shape: Shape): Value =>
  g.apply('Expand', [x], { shape })[0]!;

/** Zeros of that shape, kept as one scalar. */
export const zeros = (g: GraphBuilder, shape: Shape): Value => expand(g, g.scalar(0), shape);
