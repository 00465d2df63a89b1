import type { OnnxDType } from '@secateur/core';
import { type Shape, sizeOf } from '@secateur/core/graph';

/** A tensor whose elements are known while the graph is made. Extents may be 0. Truth values are 0 or 1. */
export interface Known {
  readonly kind: 'known';
  readonly dtype: OnnxDType;
  readonly shape: Shape;
  readonly data: Float64Array;
}

/** Elements of `float` are rounded to float32, as the model would hold them. */
export const known = (dtype: OnnxDType, shape: Shape, data: ArrayLike<number>): Known => ({
  kind: 'known',
  dtype,
  shape,
  data: dtype === 'float' ? Float64Array.from(data, Math.fround) : Float64Array.from(data),
});

/** An int64 vector. */
export const integers = (values: readonly number[]): Known => known('int64', [values.length], values);

export const filled = (dtype: OnnxDType, shape: Shape, value: number): Known =>
  known(dtype, shape, new Float64Array(sizeOf(shape)).fill(value));
