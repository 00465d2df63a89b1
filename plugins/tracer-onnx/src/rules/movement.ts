import {
  broadcastShape,
  concat,
  expand,
  gather,
  sizeOf,
  slice,
  transpose,
  type Value,
} from '@secateur/core/graph';
import { axisOf, axisSlice, reshapeTarget, splitSizes, squeezed, unsqueezed } from '../attributes.js';
import { movement as folds } from '../fold/movement.js';
import { filled } from '../known.js';
import {
  isKnown,
  knownElements,
  type LiveNode,
  optionalElements,
  type Rule,
  type Tracing,
} from '../tracing.js';

const run = (t: Tracing, x: Value, axis: number, start: number, count: number): Value => {
  if (count <= 0) throw new Error('a part without elements is taken');
  return count === x.shape[axis] ? x : slice(t.g, x, axis, start, start + count);
};

const transposed: Rule = (t, { inputs: [given], attributes }) => {
  const x = t.value(given);
  const rank = x.shape.length;
  const reversed = Array.from({ length: rank }, (_, i) => rank - 1 - i);
  const perm = attributes.ints('perm', reversed);
  const y = transpose(t.g, x, perm);
  if (t.isWeight(x) && perm.join() === '1,0') t.noteTransposed(y, x);
  return [y];
};

/** Axes and steps are inputs; before opset 10 all were attributes. */
const slices: Rule = (t, { inputs, attributes }) => {
  const listed = (name: string, i: number): number[] | undefined =>
    attributes.has(name) ? [...attributes.ints(name)] : optionalElements(inputs, i);
  const [starts, ends] = [listed('starts', 1)!, listed('ends', 2)!];
  const axes = listed('axes', 3) ?? [...starts.keys()];
  const steps = optionalElements(inputs, 4) ?? axes.map(() => 1);
  let x = t.value(inputs[0]);
  for (const [i, given] of axes.entries()) {
    const { axis, start, count, step } = axisSlice(x.shape, given, starts[i]!, ends[i]!, steps[i]!);
    if (step !== 1) throw new Error(`the step is ${step}, expected 1`);
    x = run(t, x, axis, start, count);
  }
  return [x];
};

/** A past without tokens leaves no trace. */
const joined: Rule = (t, { inputs, attributes }) => {
  const parts = inputs.filter(part => part !== undefined && !(isKnown(part) && part.data.length === 0));
  const values = parts.map(part => t.value(part));
  const axis = axisOf(attributes.int('axis'), values[0]!.shape.length);
  return [values.length === 1 ? values[0]! : concat(t.g, values, axis)];
};

const split: Rule = (t, { inputs, attributes, outputs }) => {
  const x = t.value(inputs[0]);
  const axis = axisOf(attributes.int('axis', 0), x.shape.length);
  const given = attributes.has('split') ? attributes.ints('split') : optionalElements(inputs, 1);
  let start = 0;
  return splitSizes(x.shape[axis]!, outputs, given).map(count => {
    start += count;
    return run(t, x, axis, start - count, count);
  });
};

/** Rows by ids of the text, or a run of known indices. */
const gathered: Rule = (t, { inputs: [given, ids], attributes }) => {
  const x = t.value(given);
  const axis = axisOf(attributes.int('axis', 0), x.shape.length);
  if (!isKnown(ids)) {
    if (axis !== 0) throw new Error(`the text chooses along axis ${axis}, expected rows`);
    return [gather(t.g, x, ids!)];
  }
  const indices = [...ids.data].map(index => (index < 0 ? index + x.shape[axis]! : index));
  const isRun = indices.every((index, i) => index === indices[0]! + i);
  const part = isRun ? run(t, x, axis, indices[0]!, indices.length) : undefined;
  if (part) return [t.reshaped(part, [...x.shape.slice(0, axis), ...ids.shape, ...x.shape.slice(axis + 1)])];
  if (axis !== 0) throw new Error('indices that are no run are taken from an axis that is not the first');
  return [gather(t.g, x, t.value(ids))];
};

const axesOf = ({ inputs, attributes }: LiveNode): number[] | undefined =>
  attributes.has('axes') ? [...attributes.ints('axes')] : optionalElements(inputs, 1);

/** Extents are known, whatever the elements are. */
const extents =
  (op: 'Shape' | 'Size'): Rule =>
  (_, { inputs: [x], attributes }) =>
    // The elements do not matter to it.
    folds[op]!({ op, inputs: [{ ...filled('float', [0], 0), shape: x!.shape }], attributes, outputs: 1 });

export const movement: Readonly<Record<string, Rule>> = {
  Shape: extents('Shape'),
  Size: extents('Size'),
  Transpose: transposed,
  Reshape: (t, { inputs, attributes }) => {
    const x = t.value(inputs[0]);
    const allowZero = attributes.int('allowzero', 0) !== 0;
    return [t.reshaped(x, reshapeTarget(x.shape, knownElements(inputs, 1), allowZero))];
  },
  Squeeze: (t, node) => {
    const x = t.value(node.inputs[0]);
    return [t.reshaped(x, squeezed(x.shape, axesOf(node)))];
  },
  Unsqueeze: (t, node) => {
    const x = t.value(node.inputs[0]);
    return [t.reshaped(x, unsqueezed(x.shape, axesOf(node)!))];
  },
  Flatten: (t, { inputs: [given], attributes }) => {
    const x = t.value(given);
    const axis = attributes.int('axis', 1);
    return [t.reshaped(x, [sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis))])];
  },
  Expand: (t, { op, inputs }) => {
    const x = t.value(inputs[0]);
    const shape = broadcastShape(op, x.shape, knownElements(inputs, 1));
    return [shape.join() === x.shape.join() ? x : expand(t.g, x, shape)];
  },
  Slice: slices,
  Concat: joined,
  Split: split,
  Gather: gathered,
};
