import { operatorOf, type Primitive, sizeOf } from '@secateur/core/graph';
import { axisOf } from '../attributes.js';
import { filled, type Known, known } from '../known.js';
import { type Fold, optional } from './fold.js';

const range: Fold = ({ inputs }) => {
  const [start, limit, step] = inputs.map(({ data }) => data[0]!) as [number, number, number];
  const count = Math.max(0, Math.ceil((limit - start) / step));
  return [
    known(
      inputs[0]!.dtype,
      [count],
      Float64Array.from({ length: count }, (_, i) => start + i * step),
    ),
  ];
};

const constantOfShape: Fold = ({ inputs: [shape], attributes }) => {
  const value = attributes.tensor('value');
  return [filled(value?.dtype ?? 'float', [...shape!.data], value?.data?.[0] ?? 0)];
};

const cumSum: Fold = ({ inputs: [x, axes], attributes }) => {
  const axis = axisOf(axes!.data[0]!, x!.shape.length);
  const inner = sizeOf(x!.shape.slice(axis + 1));
  const extent = x!.shape[axis]!;
  const [exclusive, reverse] = [attributes.int('exclusive', 0), attributes.int('reverse', 0)];
  const data = new Float64Array(x!.data.length);
  for (let at = 0; at < data.length; at++) {
    const place = Math.floor(at / inner) % extent;
    const index = reverse ? extent - 1 - place : place;
    const start = at + (reverse ? index : -index) * inner;
    for (let i = 0; i < index + (exclusive ? 0 : 1); i++)
      data[at]! += x!.data[start + (reverse ? -i : i) * inner]!;
  }
  return [{ ...x!, data }];
};

/** The interpreter of core, where it has the operator. */
const reference = (op: string, inputs: readonly Known[], attributes = {}): Known[] => {
  const operator = operatorOf(op) as Primitive;
  const values = inputs.map(({ shape }, i) => ({ name: `${i}`, dtype: 'float' as const, shape }));
  const outputs = operator.infer(values, attributes).map((type, i) => ({ name: `y${i}`, ...type }));
  return operator
    .evaluate(inputs, attributes, outputs)
    .map(({ shape, data }) => known(inputs[0]!.dtype, shape, data));
};

/** Axes as an input or, in older operators, an attribute. */
const reduce =
  (f: (elements: Float64Array) => number): Fold =>
  ({ inputs, attributes }) => {
    const [x] = inputs;
    const rank = x!.shape.length;
    const given = optional(inputs, 1) ?? (attributes.has('axes') ? attributes.ints('axes') : []);
    if (given.length === 0 && attributes.int('noop_with_empty_axes', 0)) return [x!];
    const axes = (given.length > 0 ? given : x!.shape.map((_, d) => d)).map(axis => axisOf(axis, rank));
    const kept = x!.shape.map((_, d) => d).filter(d => !axes.includes(d));
    const order = [...kept, ...axes];
    const [moved] = reference('Transpose', [{ ...x!, dtype: 'double' }], { perm: order });
    const run = sizeOf(axes.map(d => x!.shape[d]!));
    const count = sizeOf(kept.map(d => x!.shape[d]!));
    const data = Float64Array.from({ length: count }, (_, i) =>
      f(moved!.data.subarray(i * run, (i + 1) * run)),
    );
    const shape = attributes.int('keepdims', 1)
      ? x!.shape.map((extent, d) => (axes.includes(d) ? 1 : extent))
      : kept.map(d => x!.shape[d]!);
    return [known(x!.dtype, shape, data)];
  };

const sum = (elements: Float64Array): number => elements.reduce((a, b) => a + b, 0);

export const creation: Readonly<Record<string, Fold>> = {
  Range: range,
  ConstantOfShape: constantOfShape,
  CumSum: cumSum,
  MatMul: ({ op, inputs }) => reference(op, inputs),
  ReduceSum: reduce(sum),
  ReduceMean: reduce(elements => sum(elements) / elements.length),
  ReduceMax: reduce(elements => elements.reduce((a, b) => Math.max(a, b))),
  ReduceMin: reduce(elements => elements.reduce((a, b) => Math.min(a, b))),
  ReduceProd: reduce(elements => elements.reduce((a, b) => a * b, 1)),
};
