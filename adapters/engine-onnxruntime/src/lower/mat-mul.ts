import type { Emitter, Lowering } from './emitter.js';

interface EmitMatMulOptions {
  /** The operand is read with its last two axes swapped. Default false. */
  readonly transA?: boolean;
  readonly transB?: boolean;
  /** Factor of the product; default 1. */
  readonly alpha?: number;
  /** Name of the result. Default: a fresh one. */
  readonly output?: string;
}

/** A float32 product that reads transposed operands as they lie, so that no transposed copy is made. */
export const emitMatMul = (
  e: Emitter,
  a: string,
  b: string,
  { transA = false, transB = false, alpha = 1, output }: EmitMatMulOptions = {},
): string => {
  const outputs = output === undefined ? {} : { outputs: [output] };
  if (!transA && !transB && alpha === 1) return e.node('MatMul', [a, b], outputs);
  return e.node('FusedMatMul', [a, b], {
    domain: 'com.microsoft',
    attributes: { transA: { int: Number(transA) }, transB: { int: Number(transB) }, alpha: { float: alpha } },
    ...outputs,
  });
};

export const matMul: Lowering = {
  emit(e, { inputs: [a, b], outputs: [y] }) {
    const left = e.absorbed.get(a!.name);
    const right = e.absorbed.get(b!.name);
    emitMatMul(e, left ?? a!.name, right ?? b!.name, {
      transA: left !== undefined,
      transB: right !== undefined,
      output: y!.name,
    });
  },
};
