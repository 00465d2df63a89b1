import type { GraphBuilder } from '../builder.js';
import type { Value } from '../graph.js';
import { everyZero, type Primitive } from '../operator.js';
import { readStrided, stridesOf } from './strided.js';

/** Output axis i is input axis perm[i]. */
type TransposeAttributes = { readonly perm: readonly number[] };

/** Permutes the axes. */
export const Transpose: Primitive = {
  name: 'Transpose',
  kind: 'primitive',
  zero: everyZero,
  moves: true,
  infer: ([x], { perm }: TransposeAttributes) => {
    if (perm.length !== x!.shape.length || perm.toSorted((a, b) => a - b).some((axis, i) => axis !== i))
      throw new Error(`Transpose: [${perm}] is no permutation of the axes of [${x!.shape}]`);
    return [{ dtype: x!.dtype, shape: perm.map(axis => x!.shape[axis]!) }];
  },
  evaluate: ([x], { perm }: TransposeAttributes, [y]) => {
    const strides = stridesOf(x!.shape);
    const steps = perm.map(axis => strides[axis]!);
    return [{ shape: y!.shape, data: readStrided(x!.data, y!.shape, steps) }];
  },
  gradient: (g, { attributes, outputGradients: [dy] }) => {
    const { perm } = attributes as TransposeAttributes;
    const inverse = perm.map((_, axis) => perm.indexOf(axis));
    return [transpose(g, dy!, inverse)];
  },
  couple: c => {
    const { perm } = c.attributes as TransposeAttributes;
    for (const [i, axis] of perm.entries()) c.tie(c.input(0, axis), c.output(0, i));
  },
  flops: () => 0,
};

export const transpose = (g: GraphBuilder, x: Value, perm: readonly number[]): Value =>
  g.apply('Transpose', [x], { perm })[0]!;

/** Swaps the last two axes. */
export const matrixTranspose = (g: GraphBuilder, x: Value): Value => {
  const axes = x.shape.map((_, axis) => axis);
  return transpose(g, x, [...axes.slice(0, -2), axes.at(-1)!, axes.at(-2)!]);
};
