import type { Emitter, Lowering } from './emitter.js';
import { readsTransposed } from './target.js';

interface EmitMatMulOptions {
  /** The operand is read with its last two axes swapped. Default false. */
  readonly transA?: boolean;
  readonly transB?: boolean;
  /** Axes of an operand that is transposed. Default 4, as in attention. */
  readonly rank?: number;
  /** Factor of the product; default 1. */
  readonly alpha?: number;
  /** Name of the result. Default: a fresh one. */
  readonly output?: string;
}

/**
 * A float32 product that reads transposed operands as they lie, so that no transposed copy is made, where the
 * target can.
 */
export const emitMatMul = (
  e: Emitter,
  a: string,
  b: string,
  { transA = false, transB = false, rank = 4, alpha = 1, output }: EmitMatMulOptions = {},
): string => {
  const outputs = output === undefined ? {} : { outputs: [output] };
  if (!transA && !transB && alpha === 1) return e.node('MatMul', [a, b], outputs);
  if (!readsTransposed(e.target)) {
    const swapped = [...Array(rank - 2).keys(), rank - 1, rank - 2];
    const left = transA ? e.transpose(a, swapped) : a;
    const right = transB ? e.transpose(b, swapped) : b;
    if (alpha === 1) return e.node('MatMul', [left, right], outputs);
    return e.node('Mul', [e.node('MatMul', [left, right]), e.scalar(alpha)], outputs);
  }
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
