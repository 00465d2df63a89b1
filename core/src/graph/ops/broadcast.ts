import type { Shape } from '../graph.js';
import type { CouplingContext, Dense } from '../operator.js';
import { readStrided, stridesOf } from './strided.js';

/** NumPy broadcasting of shapes, as in ONNX. */
export const broadcastShape = (op: string, a: Shape, b: Shape): Shape => {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const x = a[a.length - rank + i] ?? 1;
    const y = b[b.length - rank + i] ?? 1;
    if (x !== y && x !== 1 && y !== 1) throw new Error(`${op}: shapes [${a}] and [${b}] do not broadcast`);
    return x === 1 ? y : x;
  });
};

/** The tensor repeated along its axes of extent 1, and along new leading axes, until it has that shape. */
export const broadcastTo = (x: Dense, shape: Shape): Dense => {
  const strides = stridesOf(x.shape);
  const lead = shape.length - x.shape.length;
  const steps = shape.map((_, d) => (d < lead || x.shape[d - lead] === 1 ? 0 : strides[d - lead]!));
  return { shape, data: readStrided(x.data, shape, steps) };
};

/** Applies `f` elementwise with broadcasting. */
export const broadcastMap = (
  a: Dense,
  b: Dense,
  shape: Shape,
  f: (x: number, y: number) => number,
): Dense => {
  const right = broadcastTo(b, shape).data;
  return { shape, data: broadcastTo(a, shape).data.map((x, i) => f(x, right[i]!)) };
};

/**
 * Ties the axes of one input to the axes of the output that they are aligned with, counted from the right, where
 * the input is not broadcast. The last `except` axes are left out.
 */
export const tieAligned = (c: CouplingContext, input: number, except = 0): void => {
  const from = c.inputs[input]?.shape ?? [];
  const to = c.outputs[0]!.shape;
  const lead = to.length - from.length;
  for (let d = 0; d < from.length - except; d++)
    if (from[d] === to[d + lead]) c.tie(c.input(input, d), c.output(0, d + lead));
};

/** Elementwise: axes that are aligned and not broadcast are one. */
export const coupleElementwise = (c: CouplingContext): void => {
  for (const i of c.inputs.keys()) tieAligned(c, i);
};
