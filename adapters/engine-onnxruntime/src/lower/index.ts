/** How each operator is written in ONNX, one line each. A composite that is missing here is expanded. */
import { causalAttention } from './causal-attention.js';
import type { Lowering } from './emitter.js';
import { expand } from './expand.js';
import { gemm } from './gemm.js';
import { linear } from './linear.js';
import { linearCrossEntropy } from './linear-cross-entropy.js';
import { loraLinear } from './lora-linear.js';
import { oneHot } from './one-hot.js';
import { reduce } from './reduce.js';
import { reshape } from './reshape.js';
import { rmsNorm } from './rms-norm.js';
import { rotaryEmbedding } from './rotary-embedding.js';
import { sameName } from './same-name.js';
import { siluGate } from './silu-gate.js';
import { slice } from './slice.js';

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
};

/** The lowering of an operator by name, if it has one. */
export const loweringOf = (op: string): Lowering | undefined =>
  Object.hasOwn(lowerings, op) ? lowerings[op] : undefined;
