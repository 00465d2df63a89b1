/** How each operator is written, one line each. A composite that is missing here is expanded. */
import type { Lowering } from '../emitter.js';
import { expand, gemm, linear, reduce, reshape, sameName, slice } from './primitives.js';
import { rmsNorm } from './rms-norm.js';
import { rotaryEmbedding } from './rotary-embedding.js';
import { siluGate } from './silu-gate.js';

const lowerings: Readonly<Record<string, Lowering>> = {
  Add: sameName('Add'),
  Sub: sameName('Sub'),
  Mul: sameName('Mul'),
  Div: sameName('Div'),
  Neg: sameName('Neg'),
  Sqrt: sameName('Sqrt'),
  Reciprocal: sameName('Reciprocal'),
  Exp: sameName('Exp'),
  Log: sameName('Log'),
  Sigmoid: sameName('Sigmoid'),
  MatMul: sameName('MatMul'),
  Transpose: sameName('Transpose', ({ attributes: { perm } }) => ({
    perm: { ints: perm as readonly number[] },
  })),
  Concat: sameName('Concat', ({ attributes: { axis } }) => ({ axis: { int: axis as number } })),
  Softmax: sameName('Softmax', ({ attributes: { axis } }) => ({ axis: { int: axis as number } })),
  Gather: sameName('Gather', () => ({ axis: { int: 0 } })),
  Gemm: gemm,
  Reshape: reshape,
  Expand: expand,
  Slice: slice,
  ReduceSum: reduce('ReduceSum'),
  ReduceMean: reduce('ReduceMean'),
  ReduceMax: reduce('ReduceMax'),
  Linear: linear,
  RmsNorm: rmsNorm,
  RotaryEmbedding: rotaryEmbedding,
  SiluGate: siluGate,
};

/** Written apart from the others, since it has a cache. */
export const ATTENTION = 'CausalAttention';

/** The lowering of an operator by name, if it has one. */
export const loweringOf = (op: string): Lowering | undefined =>
  Object.hasOwn(lowerings, op) ? lowerings[op] : undefined;

export const isLowered = (op: string): boolean => op === ATTENTION || loweringOf(op) !== undefined;
