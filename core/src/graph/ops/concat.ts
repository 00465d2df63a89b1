import type { GraphBuilder } from '../builder.js';
import type { Value } from '../graph.js';
import { sizeOf } from '../graph.js';
import { everyZero, type Primitive } from '../operator.js';
import { expectAxis } from './expect.js';
import { slice } from './slice.js';

type ConcatAttributes = { readonly axis: number };

/** Joins tensors along one axis; all other axes agree. */
export const Concat: Primitive = {
  name: 'Concat',
  kind: 'primitive',
  zero: everyZero,
  infer: (inputs, { axis }: ConcatAttributes) => {
    const [first, ...rest] = inputs.map(input => input!);
    expectAxis('Concat', first!, axis);
    for (const { shape, dtype } of rest)
      if (
        dtype !== first!.dtype ||
        shape.length !== first!.shape.length ||
        shape.some((extent, d) => d !== axis && extent !== first!.shape[d])
      )
        throw new Error(`Concat: [${first!.shape}] and [${shape}] do not join along axis ${axis}`);
    const total = inputs.reduce((sum, input) => sum + input!.shape[axis]!, 0);
    return [{ dtype: first!.dtype, shape: first!.shape.with(axis, total) }];
  },
  evaluate: (inputs, { axis }: ConcatAttributes, [y]) => {
    const data = new Float64Array(sizeOf(y!.shape));
    const outer = sizeOf(y!.shape.slice(0, axis));
    for (let row = 0, at = 0; row < outer; row++)
      for (const input of inputs) {
        const run = input!.data.length / outer;
        data.set(input!.data.subarray(row * run, (row + 1) * run), at);
        at += run;
      }
    return [{ shape: y!.shape, data }];
  },
  gradient: (g, { inputs, attributes, outputGradients: [dy], wants }) => {
    const { axis } = attributes as ConcatAttributes;
    let end = 0;
    return inputs.map((input, i) => {
      const start = end;
      end += input!.shape[axis]!;
      return wants[i] ? slice(g, dy!, axis, start, end) : undefined;
    });
  },
  couple: c => {
    const { axis } = c.attributes as ConcatAttributes;
    c.tieSum(
      c.output(0, axis),
      c.inputs.map((_, i) => c.input(i, axis)),
    );
    for (const [i, input] of c.inputs.entries())
      for (const d of input!.shape.keys()) if (d !== axis) c.tie(c.input(i, d), c.output(0, d));
  },
  flops: () => 0,
};

export const concat = (g: GraphBuilder, values: readonly Value[], axis: number): Value =>
  g.apply('Concat', values, { axis })[0]!;
