/** How each operator is written in ONNX, one line each. A composite that is missing here is expanded. */
import { sameNameOperators } from '@secateur/adapter-onnx-format';
import { after } from './after.js';
import { causalAttention } from './causal-attention.js';
import type { Lowering } from './emitter.js';
import { expand } from './expand.js';
import { gather } from './gather.js';
import { gemm } from './gemm.js';
import { linear } from './linear.js';
import { linearCrossEntropy } from './linear-cross-entropy.js';
import { linearDistillation } from './linear-distillation.js';
import { loraLinear } from './lora-linear.js';
import { matMul } from './mat-mul.js';
import { oneHot } from './one-hot.js';
import { reduce } from './reduce.js';
import { reshape } from './reshape.js';
import { rmsNorm } from './rms-norm.js';
import { rotaryEmbedding } from './rotary-embedding.js';
import { siluGate } from './silu-gate.js';
import { slice } from './slice.js';
import { transpose } from './transpose.js';

const lowerings: Readonly<Record<string, Lowering>> = {
  ...Object.fromEntries(sameNameOperators.map(([op, emit]) => [op, { emit }])),
  Gather: gather,
  MatMul: matMul,
  Transpose: transpose,
  Gemm: gemm,
  Reshape: reshape,
  Expand: expand,
  Slice: slice,
  OneHot: oneHot,
  ReduceSum: reduce('ReduceSum'),
  ReduceMean: reduce('ReduceMean'),
  ReduceMax: reduce('ReduceMax'),
  Linear: linear,
  LoraLinear: loraLinear,
  RmsNorm: rmsNorm,
  RotaryEmbedding: rotaryEmbedding,
  CausalAttention: causalAttention,
  SiluGate: siluGate,
  LinearCrossEntropy: linearCrossEntropy,
  LinearDistillation: linearDistillation,
  After: after,
};

/** The lowering of an operator by name, if it has one. */
export const loweringOf = (op: string): Lowering | undefined =>
  Object.hasOwn(lowerings, op) ? lowerings[op] : undefined;
