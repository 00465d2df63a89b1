import test from 'ava';
import type { Attributes, Shape, Value } from '../graph.js';
import { operatorOf } from './index.js';

const float = (...shape: number[]): Value => ({ name: 'x', dtype: 'float', shape });
const int64 = (...shape: number[]): Value => ({ name: 'ids', dtype: 'int64', shape });

/** With a teacher of 6 channels and 5 classes. */
const distilled = (x: Value, w: Value, teacherRows = 4, shares = 4): Value[] => [
  ...[x, w, int64(4), float(4)],
  ...[float(teacherRows, 6), float(5, 6), float(shares)],
];

/** Inputs that do not fit, and what the error says. Every message names the operator. */
const misfits: [op: string, inputs: (Value | undefined)[], attributes: Attributes, message: RegExp][] = [
  ['Add', [float(2, 3), float(2)], {}, /do not broadcast/],
  ['Mul', [float(2), int64(2)], {}, /"ids" is int64, expected float/],
  ['Exp', [int64(2)], {}, /is int64/],
  ['MatMul', [float(2, 3), float(4, 2)], {}, /do not multiply/],
  ['MatMul', [float(3), float(3, 2)], {}, /do not multiply/],
  ['MatMul', [float(2, 2, 3), float(3, 3, 2)], {}, /do not broadcast/],
  ['Gemm', [float(2, 3), float(2, 3)], {}, /do not multiply/],
  ['Gemm', [float(2, 3), float(3, 4), float(3)], {}, /C of shape \[3\]/],
  ['Gemm', [float(1, 3), float(3, 4), float(2, 1, 4)], {}, /C of shape/],
  ['Gemm', [float(1, 2, 3), float(3, 4)], {}, /do not multiply/],
  ['Transpose', [float(2, 3)], { perm: [0, 0] }, /no permutation/],
  ['Transpose', [float(2, 3)], { perm: [0] }, /no permutation/],
  ['Reshape', [float(2, 3)], { shape: [4] }, /does not fill/],
  ['Reshape', [float(2, 3)], { shape: [-2, -3] }, /does not fill/],
  ['Expand', [float(2)], { shape: [3] }, /do not broadcast/],
  ['Expand', [float(2, 3)], { shape: [3] }, /does not broadcast to/],
  ['Expand', [float(3)], { shape: [1] }, /does not broadcast to/],
  ['Concat', [float(2, 3), float(3, 3)], { axis: 1 }, /do not join/],
  ['Concat', [float(2), int64(2)], { axis: 0 }, /do not join/],
  ['Concat', [float(2)], { axis: 1 }, /has no axis 1/],
  ['Slice', [float(4)], { axis: 0, start: 2, end: 5 }, /no run 2 to 5/],
  ['Slice', [float(4)], { axis: 0, start: 2, end: 2 }, /no run/],
  ['Slice', [float(4)], { axis: -1, start: 0, end: 1 }, /has no axis -1/],
  ['Gather', [float(3, 2), float(2)], {}, /expected int64/],
  ['Gather', [float(), int64(2)], {}, /no rows/],
  ['OneHot', [float(2)], { depth: 3 }, /expected int64/],
  ['OneHot', [int64(2)], { depth: 0 }, /depth of 0/],
  ['ReduceSum', [float(2, 3)], { axes: [2], keepdims: false }, /has no axis 2/],
  ['ReduceMax', [float(2, 3)], { axes: [1, 1], keepdims: false }, /one axis twice/],
  ['Softmax', [float(2, 3)], { axis: 0 }, /not the last/],
  ['Linear', [float(2, 3), float(4, 3), float(3)], {}, /expected \[4\]/],
  ['Linear', [float(2, 3), float(3, 4)], {}, /do not multiply/],
  ['LoraLinear', [float(2, 3), float(4, 3), float(2, 4), float(4, 2)], { scaling: 1 }, /expected \[2,3\]/],
  ['LoraLinear', [float(2, 3), float(4, 3), float(2, 3), float(4, 3)], { scaling: 1 }, /expected \[4,2\]/],
  ['RmsNorm', [float(2, 3), float(2)], { epsilon: 0, count: 3 }, /expected \[3\]/],
  ['RmsNorm', [float(2, 3), float(3)], { epsilon: 0, count: 0 }, /not positive/],
  ['RotaryEmbedding', [float(2, 3), float(2, 1), float(2, 1)], {}, /not \[B, S, ..., D\]/],
  ['RotaryEmbedding', [float(1, 3, 5), float(3, 2), float(3, 2)], {}, /expected \[3,2.5\]/],
  [
    'CausalAttention',
    [float(1, 3, 2, 4), float(1, 3, 2, 4), float(1, 3, 2, 4)],
    { scale: 1 },
    /not \[B, S, K, G, D\]/,
  ],
  [
    'CausalAttention',
    [float(1, 3, 2, 1, 4), float(1, 3, 1, 4), float(1, 3, 2, 4)],
    { scale: 1 },
    /expected \[1,3,2,4\]/,
  ],
  [
    'CausalAttention',
    [float(2, 3, 2, 1, 4), float(2, 3, 2, 4), float(2, 3, 2, 4), float(3)],
    { scale: 1 },
    /expected \[2,3\]/,
  ],
  [
    'CausalAttention',
    [float(2, 3, 2, 1, 4), float(2, 3, 2, 4), float(2, 3, 2, 4), int64(2, 3)],
    { scale: 1 },
    /"ids" is int64, expected float/,
  ],
  ['SiluGate', [float(2, 3), float(3)], {}, /expected \[2,3\]/],
  ['LinearCrossEntropy', [float(4, 3), float(5, 2), int64(4), float(4)], {}, /expected \[5,3\]/],
  ['LinearCrossEntropy', [float(4, 3), float(5, 3), float(4), float(4)], {}, /expected int64/],
  ['LinearCrossEntropy', [float(4, 3), float(5, 3), int64(3), float(4)], {}, /expected \[4\]/],
  ['LinearCrossEntropy', [float(2, 4, 3), float(5, 3), int64(4), float(4)], {}, /expected 2 axes/],
  ['LinearDistillation', distilled(float(4, 3), float(5, 2)), {}, /expected \[5,3\]/],
  ['LinearDistillation', distilled(float(4, 1, 3), float(5, 3)), {}, /expected 2 axes/],
  ['LinearDistillation', distilled(float(4, 3), float(5, 3), 3), {}, /expected \[4,6\]/],
  ['LinearDistillation', distilled(float(4, 3), float(6, 3)), {}, /expected \[6,6\]/],
  ['LinearDistillation', distilled(float(4, 3), float(5, 3), 4, 3), {}, /expected \[4\]/],
];

for (const [op, inputs, attributes, message] of misfits) {
  const shapes = inputs.map(input => `${input!.dtype} [${input!.shape}]`).join(', ');
  test(`${op} of ${shapes} with ${JSON.stringify(attributes)} throws`, t => {
    const error = t.throws(() => operatorOf(op).infer(inputs, attributes), { message });
    t.regex(error.message, new RegExp(`^(${op}|Gemm):`));
  });
}

test('an unknown operator is named together with the known ones', t => {
  t.throws(() => operatorOf('Conv'), { message: /unknown operator "Conv"; known: Add, / });
});

test('ids outside of the table throw when they are looked up', t => {
  const ids = { shape: [2], data: Float64Array.of(0, 3) };
  const gather = operatorOf('Gather');
  const oneHot = operatorOf('OneHot');
  if (gather.kind !== 'primitive' || oneHot.kind !== 'primitive') return t.fail();
  const shape = (...extents: number[]): Shape => extents;
  const table = { shape: shape(3, 1), data: new Float64Array(3) };
  t.throws(() => gather.evaluate([table, ids], {}, [float(2, 1)]), { message: /id 3 is not among 3 rows/ });
  t.throws(() => oneHot.evaluate([ids], { depth: 3 }, [float(2, 3)]), { message: /id 3 is outside/ });
});
