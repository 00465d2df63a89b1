import type { GemmOptions } from '@secateur/core/graph';
import type { Emitter, Lowering } from './emitter.js';

interface EmitGemmOptions extends GemmOptions {
  /** Added to the product; broadcasts. */
  readonly c?: string;
  /** Name of the result. Default: a fresh one. */
  readonly output?: string;
}

/**
 * `alpha · A' B' + C`. An ONNX attribute is float32, so in double precision a factor that float32 cannot hold
 * becomes a multiplication.
 */
export const emitGemm = (e: Emitter, a: string, b: string, options: EmitGemmOptions): string => {
  const { transA = false, transB = false, alpha = 1, c, output } = options;
  const outputs = output === undefined ? {} : { outputs: [output] };
  if (e.precision === 'float64' && Math.fround(alpha) !== alpha) {
    const scaled = e.node(
      'Mul',
      [emitGemm(e, a, b, { transA, transB }), e.scalar(alpha)],
      c === undefined ? outputs : {},
    );
    return c === undefined ? scaled : e.node('Add', [scaled, c], outputs);
  }
  return e.node('Gemm', c === undefined ? [a, b] : [a, b, c], {
    attributes: { transA: { int: Number(transA) }, transB: { int: Number(transB) }, alpha: { float: alpha } },
    ...outputs,
  });
};

export const gemm: Lowering = {
  emit(e, { inputs: [a, b, c], outputs: [y], attributes }) {
    emitGemm(e, a!.name, b!.name, {
      ...(attributes as GemmOptions),
      ...(c ? { c: c.name } : {}),
      output: y!.name,
    });
  },
};
