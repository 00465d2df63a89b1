import type { Shape } from '../graph.js';
import { sizeOf } from '../graph.js';

/** How far apart neighbours along each axis lie in a row-major tensor. */
export const stridesOf = (shape: Shape): number[] => {
  const strides = new Array<number>(shape.length);
  for (let d = shape.length - 1, stride = 1; d >= 0; stride *= shape[d]!, d--) strides[d] = stride;
  return strides;
};

/**
 * Copies out the tensor of that shape whose element [i, j, ...] is data[offset + i·steps[0] + j·steps[1] + ...].
 * Permuted strides transpose, a step of 0 broadcasts, an offset slices.
 */
export const readStrided = (
  data: Float64Array,
  shape: Shape,
  steps: readonly number[],
  offset = 0,
): Float64Array => {
  const result = new Float64Array(sizeOf(shape));
  const index = new Array<number>(shape.length).fill(0);
  for (let i = 0, at = offset; i < result.length; i++) {
    result[i] = data[at]!;
    for (let d = shape.length - 1; d >= 0; d--) {
      at += steps[d]!;
      if (++index[d]! < shape[d]!) break;
      at -= steps[d]! * shape[d]!;
      index[d] = 0;
    }
  }
  return result;
};
