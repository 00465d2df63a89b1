import type { GraphBuilder } from '../builder.js';
import type { Value } from '../graph.js';
import { sizeOf } from '../graph.js';
import type { Primitive } from '../operator.js';
import { broadcastMap, tieAligned } from './broadcast.js';
import { expectFloat } from './expect.js';
import { unbroadcast } from './unbroadcast.js';

/** Attributes of {@link Gemm}, all optional as in ONNX (beta is always 1). */
export type GemmOptions = {
  readonly transA?: boolean;
  readonly transB?: boolean;
  /** Factor of the product; default 1. */
  readonly alpha?: number;
};

/** `alpha · A' B' + C` for matrices, A' and B' transposed on request; C is optional and broadcasts. */
export const Gemm: Primitive = {
  name: 'Gemm',
  kind: 'primitive',
  zero: ([a, b, c]) => (a === true || b === true) && c !== false,
  infer: ([a, b, c], { transA, transB }: GemmOptions) => {
    expectFloat('Gemm', a, b, c);
    const [m, ka] = transA ? [a!.shape[1]!, a!.shape[0]!] : [a!.shape[0]!, a!.shape[1]!];
    const [kb, n] = transB ? [b!.shape[1]!, b!.shape[0]!] : [b!.shape[0]!, b!.shape[1]!];
    if (a!.shape.length !== 2 || b!.shape.length !== 2 || ka !== kb)
      throw new Error(
        `Gemm: [${a!.shape}]${transA ? 'ᵀ' : ''} and [${b!.shape}]${transB ? 'ᵀ' : ''} do not multiply`,
      );
    if (c?.shape.some((extent, d) => extent !== 1 && extent !== [m, n][2 - c.shape.length + d]))
      throw new Error(`Gemm: C of shape [${c.shape}] does not broadcast to [${m},${n}]`);
    return [{ dtype: 'float', shape: [m, n] }];
  },
  evaluate: ([a, b, c], { transA, transB, alpha = 1 }: GemmOptions, [y]) => {
    const [m, n] = y!.shape as [number, number];
    const k = a!.shape[transA ? 0 : 1]!;
    const data = new Float64Array(m * n);
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let p = 0; p < k; p++)
          sum += a!.data[transA ? p * m + i : i * k + p]! * b!.data[transB ? j * k + p : p * n + j]!;
        data[i * n + j] = alpha * sum;
      }
    const product = { shape: y!.shape, data };
    return [c ? broadcastMap(product, c, y!.shape, (x, bias) => x + bias) : product];
  },
  gradient: (g, { inputs: [a, b, c], attributes, outputGradients: [dy], wants }) => {
    const { transA = false, transB = false, alpha = 1 } = attributes as GemmOptions;
    const byA = (): Value =>
      transA
        ? gemm(g, b!, dy!, { alpha, transA: transB, transB: true })
        : gemm(g, dy!, b!, { alpha, transB: !transB });
    const byB = (): Value =>
      transB
        ? gemm(g, dy!, a!, { alpha, transA: true, transB: transA })
        : gemm(g, a!, dy!, { alpha, transA: !transA });
    return [
      wants[0] ? byA() : undefined,
      wants[1] ? byB() : undefined,
      wants[2] ? unbroadcast(g, dy!, c!.shape) : undefined,
    ];
  },
  couple: c => {
    const { transA, transB } = c.attributes as GemmOptions;
    c.tie(c.input(0, transA ? 1 : 0), c.output(0, 0));
    c.tie(c.input(1, transB ? 0 : 1), c.output(0, 1));
    const inner = [c.input(0, transA ? 0 : 1), c.input(1, transB ? 1 : 0)] as const;
    c.tie(...inner);
    c.contract(...inner);
    tieAligned(c, 2);
  },
  flops: ([a], [y], { transA }) => 2 * sizeOf(y!.shape) * a!.shape[transA ? 0 : 1]!,
};

/** Gemm without empty attributes, so that equal nodes look equal. */
export const gemm = (g: GraphBuilder, a: Value, b: Value, options: GemmOptions = {}, c?: Value): Value => {
  const attributes = Object.fromEntries(
    Object.entries(options).filter(([key, value]) => (key === 'alpha' ? value !== 1 : value)),
  );
  return g.apply('Gemm', c ? [a, b, c] : [a, b], attributes)[0]!;
};
