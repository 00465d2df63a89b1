/** Every operator, one line each. A new operator is a new file and a line here. */
import type { Operator } from '../operator.js';
import { Add } from './add.js';
import { After } from './after.js';
import { CausalAttention } from './causal-attention.js';
import { Concat } from './concat.js';
import { Div } from './div.js';
import { Exp } from './exp.js';
import { Expand } from './expand.js';
import { Gather } from './gather.js';
import { Gemm } from './gemm.js';
import { Linear } from './linear.js';
import { LinearCrossEntropy } from './linear-cross-entropy.js';
import { LinearDistillation } from './linear-distillation.js';
import { Log } from './log.js';
import { LoraLinear } from './lora-linear.js';
import { MatMul } from './mat-mul.js';
import { Mul } from './mul.js';
import { Neg } from './neg.js';
import { OneHot } from './one-hot.js';
import { Reciprocal } from './reciprocal.js';
import { ReduceMax } from './reduce-max.js';
import { ReduceMean } from './reduce-mean.js';
import { ReduceSum } from './reduce-sum.js';
import { Reshape } from './reshape.js';
import { RmsNorm } from './rms-norm.js';
import { RotaryEmbedding } from './rotary-embedding.js';
import { Sigmoid } from './sigmoid.js';
import { SiluGate } from './silu-gate.js';
import { Slice } from './slice.js';
import { Softmax } from './softmax.js';
import { Sqrt } from './sqrt.js';
import { Sub } from './sub.js';
import { Transpose } from './transpose.js';

const elementwise = [Add, Sub, Mul, Div, Neg, Sqrt, Reciprocal, Exp, Log, Sigmoid];
const products = [MatMul, Gemm];
const movements = [Transpose, Reshape, Expand, Concat, Slice, Gather, OneHot];
const reductions = [ReduceSum, ReduceMean, ReduceMax, Softmax];
const composites = [
  Linear,
  LoraLinear,
  RmsNorm,
  RotaryEmbedding,
  CausalAttention,
  SiluGate,
  LinearCrossEntropy,
  LinearDistillation,
  After,
];

const operators = new Map<string, Operator>(
  [...elementwise, ...products, ...movements, ...reductions, ...composites].map(operator => [
    operator.name,
    operator,
  ]),
);

/** The operator of that name; a plain Error for an unknown one. */
export const operatorOf = (name: string): Operator => {
  const operator = operators.get(name);
  if (!operator)
    throw new Error(`unknown operator "${name}"; known: ${[...operators.keys()].sort().join(', ')}`);
  return operator;
};

/** All operators, for documentation and for tests that must miss none. */
export const allOperators = (): readonly Operator[] => [...operators.values()];
