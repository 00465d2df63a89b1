import { broadcastShape, broadcastTo, readStrided, sizeOf, stridesOf } from '@secateur/core/graph';
import { axisOf, axisSlice, reshapeTarget, splitSizes, squeezed, unsqueezed } from '../attributes.js';
import { type Known, known } from '../known.js';
import { type Fold, optional } from './fold.js';

const reshaped = ({ dtype, data }: Known, shape: readonly number[]): Known => {
  if (sizeOf(shape) !== data.length) throw new Error(`${data.length} elements do not fill [${shape}]`);
  return { kind: 'known', dtype, shape, data };
};

const strided = (x: Known, shape: readonly number[], steps: readonly number[], offset = 0): Known => ({
  kind: 'known',
  dtype: x.dtype,
  shape,
  data: readStrided(x.data, shape, steps, offset),
});

const transpose: Fold = ({ inputs: [x], attributes }) => {
  const rank = x!.shape.length;
  const perm = attributes.ints(
    'perm',
    Array.from({ length: rank }, (_, i) => rank - 1 - i),
  );
  const strides = stridesOf(x!.shape);
  return [
    strided(
      x!,
      perm.map(axis => x!.shape[axis]!),
      perm.map(axis => strides[axis]!),
    ),
  ];
};

const slice: Fold = ({ inputs }) => {
  const [x, starts, ends] = inputs;
  const axes = optional(inputs, 3) ?? [...starts!.data.keys()];
  const steps = optional(inputs, 4) ?? axes.map(() => 1);
  const shape = [...x!.shape];
  const strides = stridesOf(x!.shape);
  const stride = [...strides];
  let offset = 0;
  for (const [i, given] of axes.entries()) {
    const { axis, start, count, step } = axisSlice(
      x!.shape,
      given,
      starts!.data[i]!,
      ends!.data[i]!,
      steps[i]!,
    );
    shape[axis] = count;
    stride[axis] = strides[axis]! * step;
    offset += start * strides[axis]!;
  }
  return [strided(x!, shape, stride, offset)];
};

const concat: Fold = ({ inputs, attributes }) => {
  const parts = inputs.filter(({ data, shape }) => data.length > 0 || shape.length !== 1);
  const [first = inputs[0]!] = parts;
  const axis = axisOf(attributes.int('axis'), first.shape.length);
  const extent = parts.reduce((sum, { shape }) => sum + shape[axis]!, 0);
  const shape = first.shape.with(axis, extent);
  const outer = sizeOf(shape.slice(0, axis));
  const data = new Float64Array(sizeOf(shape));
  for (let row = 0, at = 0; row < outer; row++)
    for (const part of parts) {
      const run = part.data.length / outer;
      data.set(part.data.subarray(row * run, (row + 1) * run), at);
      at += run;
    }
  return [{ kind: 'known', dtype: first.dtype, shape, data }];
};

const split: Fold = ({ inputs, attributes, outputs }) => {
  const [x] = inputs;
  const axis = axisOf(attributes.int('axis', 0), x!.shape.length);
  const strides = stridesOf(x!.shape);
  let start = 0;
  return splitSizes(x!.shape[axis]!, outputs, optional(inputs, 1)).map(size => {
    const part = strided(x!, x!.shape.with(axis, size), strides, start * strides[axis]!);
    start += size;
    return part;
  });
};

/** ids.shape stands where the axis was. */
const gather: Fold = ({ inputs: [x, ids], attributes }) => {
  const axis = axisOf(attributes.int('axis', 0), x!.shape.length);
  const rows = x!.shape[axis]!;
  const [outer, inner] = [sizeOf(x!.shape.slice(0, axis)), sizeOf(x!.shape.slice(axis + 1))];
  const data = new Float64Array(outer * ids!.data.length * inner);
  for (let o = 0, at = 0; o < outer; o++)
    for (const given of ids!.data) {
      const id = given < 0 ? given + rows : given;
      if (!(id >= 0 && id < rows)) throw new Error(`index ${given} is not among ${rows}`);
      const from = (o * rows + id) * inner;
      data.set(x!.data.subarray(from, from + inner), at);
      at += inner;
    }
  const shape = [...x!.shape.slice(0, axis), ...ids!.shape, ...x!.shape.slice(axis + 1)];
  return [{ kind: 'known', dtype: x!.dtype, shape, data }];
};

/** The last axis of the indices names an element or a run of them. */
const gatherNd: Fold = ({ inputs: [x, ids], attributes }) => {
  if (attributes.int('batch_dims', 0) !== 0) throw new Error('batch_dims is not supported');
  const depth = ids!.shape.at(-1)!;
  const strides = stridesOf(x!.shape);
  const inner = sizeOf(x!.shape.slice(depth));
  const count = ids!.data.length / depth;
  const data = new Float64Array(count * inner);
  for (let i = 0; i < count; i++) {
    let from = 0;
    for (let d = 0; d < depth; d++) {
      const given = ids!.data[i * depth + d]!;
      const index = given < 0 ? given + x!.shape[d]! : given;
      if (!(index >= 0 && index < x!.shape[d]!))
        throw new Error(`index ${given} is not among ${x!.shape[d]}`);
      from += index * strides[d]!;
    }
    data.set(x!.data.subarray(from, from + inner), i * inner);
  }
  return [
    { kind: 'known', dtype: x!.dtype, shape: [...ids!.shape.slice(0, -1), ...x!.shape.slice(depth)], data },
  ];
};

const tile: Fold = ({ inputs: [x, repeats] }) => {
  const paired = x!.shape.flatMap(extent => [1, extent]);
  const spread = x!.shape.flatMap((extent, d) => [repeats!.data[d]!, extent]);
  const { data } = broadcastTo({ shape: paired, data: x!.data }, spread);
  return [{ kind: 'known', dtype: x!.dtype, shape: x!.shape.map((e, d) => e * repeats!.data[d]!), data }];
};

/** Keeps one side of a diagonal of the last two axes. */
const trilu: Fold = ({ inputs, attributes }) => {
  const [x] = inputs;
  const diagonal = optional(inputs, 1)?.[0] ?? 0;
  const [rows, columns] = [x!.shape.at(-2)!, x!.shape.at(-1)!];
  const upper = attributes.int('upper', 1) !== 0;
  const kept = (at: number): boolean => {
    const offset = (at % columns) - (Math.floor(at / columns) % rows);
    return upper ? offset >= diagonal : offset <= diagonal;
  };
  return [{ ...x!, data: x!.data.map((element, at) => (kept(at) ? element : 0)) }];
};

const expand: Fold = ({ op, inputs: [x, target] }) => {
  const shape = broadcastShape(op, x!.shape, [...target!.data]);
  return [{ kind: 'known', dtype: x!.dtype, ...broadcastTo(x!, shape) }];
};

export const movement: Readonly<Record<string, Fold>> = {
  Identity: ({ inputs: [x] }) => [x!],
  Dropout: ({ inputs: [x] }) => [x!],
  Reshape: ({ inputs: [x, target], attributes }) => [
    reshaped(x!, reshapeTarget(x!.shape, [...target!.data], attributes.int('allowzero', 0) !== 0)),
  ],
  Squeeze: ({ inputs }) => [reshaped(inputs[0]!, squeezed(inputs[0]!.shape, optional(inputs, 1)))],
  Unsqueeze: ({ inputs: [x, axes] }) => [reshaped(x!, unsqueezed(x!.shape, [...axes!.data]))],
  Flatten: ({ inputs: [x], attributes }) => {
    const axis = attributes.int('axis', 1);
    return [reshaped(x!, [sizeOf(x!.shape.slice(0, axis)), sizeOf(x!.shape.slice(axis))])];
  },
  Transpose: transpose,
  Slice: slice,
  Concat: concat,
  Split: split,
  Gather: gather,
  GatherND: gatherNd,
  Tile: tile,
  Expand: expand,
  Trilu: trilu,
  Shape: ({ inputs: [x], attributes }) => {
    const { length } = x!.shape;
    const at = (name: string, otherwise: number): number => {
      const index = attributes.int(name, otherwise);
      return Math.min(Math.max(index < 0 ? index + length : index, 0), length);
    };
    const extents = x!.shape.slice(at('start', 0), at('end', length));
    return [known('int64', [extents.length], extents)];
  },
  Size: ({ inputs: [x] }) => [known('int64', [], [sizeOf(x!.shape)])],
};
