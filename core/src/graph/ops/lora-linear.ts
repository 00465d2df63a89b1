import type { GraphBuilder } from '../builder.js';
import type { Value } from '../graph.js';
import type { Composite } from '../operator.js';
import { expectFloat, expectShape, refuseGradient } from './expect.js';
import { gemm } from './gemm.js';
import { Linear, linear } from './linear.js';
import { reduceSum } from './reduce-sum.js';

/** Factor of the low-rank product: α/r, or α/√r with rsLoRA. */
type LoraLinearAttributes = { readonly scaling: number };

/**
 * A linear layer with its LoRA branch (Hu et al., arXiv 2106.09685): `y = x Wᵀ + scaling · u Bᵀ + bias`, `u = x Aᵀ`.
 * x [T, in], W [out, in], A [r, in], B [out, r], bias [out] optional; y [T, out], and u [T, r] saved.
 */
export const LoraLinear: Composite = {
  name: 'LoraLinear',
  kind: 'composite',
  infer: ([x, w, a, b, bias]) => {
    expectFloat('LoraLinear', a, b);
    const [y] = Linear.infer([x, w, bias], {});
    const [out, width] = w!.shape as [number, number];
    const rank = a!.shape[0]!;
    expectShape('LoraLinear', a!, [rank, width]);
    expectShape('LoraLinear', b!, [out, rank]);
    return [y!, { dtype: 'float', shape: [x!.shape[0]!, rank] }];
  },
  expand: (g, [x, w, a, b, bias], { scaling }: LoraLinearAttributes) => {
    const u = gemm(g, x!, a!, { transB: true });
    return [gemm(g, u, b!, { transB: true, alpha: scaling }, linear(g, x!, w!, bias)), u];
  },
  gradient: (g, { inputs: [x, w, a, b], outputs: [, u], attributes, outputGradients: [dy, du], wants }) => {
    refuseGradient('LoraLinear', u!, du);
    const { scaling: alpha } = attributes as LoraLinearAttributes;
    const byU = wants[0] || wants[2] ? gemm(g, dy!, b!, { alpha }) : undefined;
    return [
      wants[0] ? gemm(g, byU!, a!, {}, gemm(g, dy!, w!)) : undefined,
      wants[1] ? gemm(g, dy!, x!, { transA: true }) : undefined,
      wants[2] ? gemm(g, byU!, x!, { transA: true }) : undefined,
      wants[3] ? gemm(g, dy!, u!, { transA: true, alpha }) : undefined,
      wants[4] ? reduceSum(g, dy!, [0]) : undefined,
    ];
  },
  flops: ([x, w, a]) => {
    const [out, width] = w!.shape as [number, number];
    return 2 * x!.shape[0]! * (out * width + a!.shape[0]! * (out + width));
  },
};

/** Returns y. */
export const loraLinear = (
  g: GraphBuilder,
  x: Value,
  weight: Value,
  a: Value,
  b: Value,
  bias: Value | undefined,
  options: LoraLinearAttributes,
): Value => g.apply('LoraLinear', bias ? [x, weight, a, b, bias] : [x, weight, a, b], options)[0]!;
