import type { Shape } from '@secateur/core/graph';
import type { Lowering } from './emitter.js';

/**
 * Reductions take their axes as an input. Axes that lie apart are reduced one run after the other, from the back:
 * onnxruntime has fast paths for one run of axes, and a slow general one.
 */
export const reduce = (op: 'ReduceSum' | 'ReduceMean' | 'ReduceMax'): Lowering => ({
  emit(e, { inputs: [x], outputs: [y], attributes }) {
    const keepdims = { keepdims: { int: Number(attributes.keepdims ?? false) } };
    const runs = axisRuns(x!.shape, attributes.axes as readonly number[]).reverse();
    if (runs.length === 0) e.node('Identity', [x!.name], { outputs: [y!.name] });
    let reduced = x!.name;
    runs.forEach((axes, i) => {
      const outputs = i === runs.length - 1 ? { outputs: [y!.name] } : {};
      reduced = e.node(op, [reduced, e.ints(axes)], { attributes: keepdims, ...outputs });
    });
  },
});

/** Groups ascending axes into runs between which the shape has an axis longer than 1. */
export const axisRuns = (shape: Shape, axes: readonly number[]): number[][] => {
  const runs: number[][] = [];
  let last = -1;
  for (const axis of [...axes].sort((a, b) => a - b)) {
    const run = runs.at(-1);
    if (run && shape.slice(last + 1, axis).every(extent => extent === 1)) run.push(axis);
    else runs.push([axis]);
    last = axis;
  }
  return runs;
};
