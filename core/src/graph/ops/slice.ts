import type { GraphBuilder } from '../builder.js';
import type { Value } from '../graph.js';
import { everyZero, type Primitive } from '../operator.js';
import { concat } from './concat.js';
import { zeros } from './expand.js';
import { expectAxis } from './expect.js';
import { readStrided, stridesOf } from './strided.js';

/** Indices start <= i < end of the axis are kept. */
type SliceAttributes = { readonly axis: number; readonly start: number; readonly end: number };

/** A run of indices of one axis. */
export const Slice: Primitive = {
  name: 'Slice',
  kind: 'primitive',
  zero: everyZero,
  moves: true,
  infer: ([x], { axis, start, end }: SliceAttributes) => {
    expectAxis('Slice', x!, axis);
    if (start < 0 || end <= start || end > x!.shape[axis]!)
      throw new Error(`Slice: [${x!.shape}] has no run ${start} to ${end} along axis ${axis}`);
    return [{ dtype: x!.dtype, shape: x!.shape.with(axis, end - start) }];
  },
  evaluate: ([x], { axis, start }: SliceAttributes, [y]) => {
    const strides = stridesOf(x!.shape);
    return [{ shape: y!.shape, data: readStrided(x!.data, y!.shape, strides, start * strides[axis]!) }];
  },
  gradient: (g, { inputs: [x], attributes, outputGradients: [dy] }) => {
    const { axis, start, end } = attributes as SliceAttributes;
    const { shape } = x!;
    const before = start > 0 ? [zeros(g, shape.with(axis, start))] : [];
    const after = end < shape[axis]! ? [zeros(g, shape.with(axis, shape[axis]! - end))] : [];
    return [concat(g, [...before, dy!, ...after], axis)];
  },
  couple: c => {
    const { axis, start, end } = c.attributes as SliceAttributes;
    const { shape } = c.inputs[0]!;
    const before = start > 0 ? [c.fresh(start)] : [];
    const after = end < shape[axis]! ? [c.fresh(shape[axis]! - end)] : [];
    c.tieSum(c.input(0, axis), [...before, c.output(0, axis), ...after]);
    for (const d of shape.keys()) if (d !== axis) c.tie(c.input(0, d), c.output(0, d));
  },
  resize: (attributes, { position }) => {
    const { axis, start, end } = attributes as SliceAttributes;
    return { axis, start: position(0, axis, start), end: position(0, axis, end) };
  },
  flops: () => 0,
};

export const slice = (g: GraphBuilder, x: Value, axis: number, start: number, end: number): Value =>
  g.apply('Slice', [x], { axis, start, end })[0]!;
