/** How each operator is written, one line each. A composite that is missing here is expanded. */
import { sameNameOperators } from '@secateur/adapter-onnx-format';
import type { Lowering } from '../emitter.js';
import { expand, gemm, linear, reduce, reshape, slice } from './primitives.js';
import { rmsNorm } from './rms-norm.js';
import { rotaryEmbedding } from './rotary-embedding.js';
import { siluGate } from './silu-gate.js';

const lowerings: Readonly<Record<string, Lowering>> = {
  ...Object.fromEntries(sameNameOperators),
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
