import type { GraphBuilder } from '../builder.js';
import type { Value } from '../graph.js';
import type { Composite } from '../operator.js';
import { expectShape } from './expect.js';
import { Gemm, gemm } from './gemm.js';
import { reduceSum } from './reduce-sum.js';

/** `x Wᵀ + b`: x [T, in], W [out, in] in the layout of a checkpoint, b [out] optional. */
export const Linear: Composite = {
  name: 'Linear',
  kind: 'composite',
  infer: ([x, w, bias]) => {
    if (bias) expectShape('Linear', bias, [w!.shape[0]!]);
    return Gemm.infer([x, w, bias], { transB: true });
  },
  expand: (g, [x, w, bias]) => [gemm(g, x!, w!, { transB: true }, bias)],
  gradient: (g, { inputs: [x, w], outputGradients: [dy], wants }) => [
    wants[0] ? gemm(g, dy!, w!) : undefined,
    wants[1] ? gemm(g, dy!, x!, { transA: true }) : undefined,
    wants[2] ? reduceSum(g, dy!, [0]) : undefined,
  ],
  flops: (inputs, outputs, _, read) => Gemm.flops(inputs, outputs, { transB: true }, read),
};

export const linear = (g: GraphBuilder, x: Value, weight: Value, bias?: Value): Value =>
  g.apply('Linear', bias ? [x, weight, bias] : [x, weight])[0]!;
