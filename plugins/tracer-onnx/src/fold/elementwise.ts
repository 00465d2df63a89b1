import type { OnnxDType } from '@secateur/core';
import { broadcastShape, broadcastTo } from '@secateur/core/graph';
import { type Known, known } from '../known.js';
import type { Fold } from './fold.js';

/** Applies `f` to the elements of tensors that are broadcast against each other. */
const apply = (
  op: string,
  inputs: readonly Known[],
  f: (...elements: number[]) => number,
  dtype: OnnxDType = inputs[0]!.dtype,
): Known => {
  const shape = inputs.map(input => input.shape).reduce((a, b) => broadcastShape(op, a, b));
  const spread = inputs.map(input => broadcastTo(input, shape).data);
  return known(
    dtype,
    shape,
    Float64Array.from(spread[0]!, (_, i) => f(...spread.map(data => data[i]!))),
  );
};

const same =
  (f: (...elements: number[]) => number): Fold =>
  ({ op, inputs }) => [apply(op, inputs, f)];

const truth =
  (f: (...elements: number[]) => boolean): Fold =>
  ({ op, inputs }) => [apply(op, inputs, (...elements) => Number(f(...elements)), 'bool')];

/** Takes any number of inputs, two at a time. */
const variadic =
  (f: (a: number, b: number) => number): Fold =>
  ({ op, inputs }) => [inputs.reduce((a, b) => apply(op, [a, b], f))];

const isInteger = ({ dtype }: Known): boolean => dtype === 'int64' || dtype === 'int32';

/** Division of integers cuts off. */
const div: Fold = ({ op, inputs }) => [
  apply(op, inputs, isInteger(inputs[0]!) ? (a, b) => Math.trunc(a / b) : (a, b) => a / b),
];

/** The result has the sign of the divisor, or of the dividend with `fmod`. */
const mod: Fold = ({ op, inputs, attributes }) => [
  apply(op, inputs, attributes.int('fmod', 0) ? (a, b) => a % b : (a, b) => ((a % b) + b) % b),
];

const cast: Fold = ({ inputs: [x], attributes }) => {
  const to = castType(attributes.int('to'));
  const whole = to === 'int64' || to === 'int32';
  const f = to === 'bool' ? (a: number) => Number(a !== 0) : whole ? Math.trunc : (a: number) => a;
  return [known(to, x!.shape, x!.data.map(f))];
};

/** Numbers of TensorProto.DataType. */
const types: Readonly<Record<number, OnnxDType>> = {
  1: 'float',
  6: 'int32',
  7: 'int64',
  9: 'bool',
  10: 'float16',
  11: 'double',
  16: 'bfloat16',
};

/** The element type of that number. Throws a plain Error for one that a decoder does not need. */
export const castType = (number: number): OnnxDType => {
  const type = types[number];
  if (!type) throw new Error(`the element type ${number} is not supported`);
  return type;
};

export const elementwise: Readonly<Record<string, Fold>> = {
  Add: same((a, b) => a! + b!),
  Sub: same((a, b) => a! - b!),
  Mul: same((a, b) => a! * b!),
  Div: div,
  Mod: mod,
  Pow: same((a, b) => a! ** b!),
  Max: variadic(Math.max),
  Min: variadic(Math.min),
  Sum: variadic((a, b) => a + b),
  Neg: same(a => -a!),
  Abs: same(a => Math.abs(a!)),
  Sign: same(a => Math.sign(a!)),
  Floor: same(a => Math.floor(a!)),
  Ceil: same(a => Math.ceil(a!)),
  Sqrt: same(a => Math.sqrt(a!)),
  Reciprocal: same(a => 1 / a!),
  Exp: same(a => Math.exp(a!)),
  Log: same(a => Math.log(a!)),
  Cos: same(a => Math.cos(a!)),
  Sin: same(a => Math.sin(a!)),
  Sigmoid: same(a => 1 / (1 + Math.exp(-a!))),
  Equal: truth((a, b) => a === b),
  Less: truth((a, b) => a! < b!),
  LessOrEqual: truth((a, b) => a! <= b!),
  Greater: truth((a, b) => a! > b!),
  GreaterOrEqual: truth((a, b) => a! >= b!),
  And: truth((a, b) => a !== 0 && b !== 0),
  Or: truth((a, b) => a !== 0 || b !== 0),
  Xor: truth((a, b) => (a !== 0) !== (b !== 0)),
  Not: truth(a => a === 0),
  IsNaN: truth(a => Number.isNaN(a)),
  Where: ({ op, inputs }) => [apply(op, inputs, (c, x, y) => (c !== 0 ? x! : y!), inputs[1]!.dtype)],
  Cast: cast,
};
