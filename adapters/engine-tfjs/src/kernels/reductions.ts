import { extents, type Kernel, type Tf, type TfTensor } from './kernel.js';

type Reduce = (tf: Tf, x: TfTensor, axes: number[], keepdims: boolean) => TfTensor;

const reduction =
  (reduce: Reduce): Kernel =>
  (tf, [x], { axes, keepdims }) =>
    reduce(tf, x!, extents(axes as readonly number[]), keepdims as boolean);

export const reductions: Readonly<Record<string, Kernel>> = {
  ReduceSum: reduction((tf, x, axes, keepdims) => tf.sum(x, axes, keepdims)),
  ReduceMean: reduction((tf, x, axes, keepdims) => tf.mean(x, axes, keepdims)),
  ReduceMax: reduction((tf, x, axes, keepdims) => tf.max(x, axes, keepdims)),
};
