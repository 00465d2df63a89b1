import type { AxisCuts } from './compact.js';
import { type Shape, sizeOf } from './graph.js';

/**
 * Lays a tensor into a larger one of zeros, row-major: element [i, j] goes to [axes[0][i], axes[1][j]]. An axis without
 * a map stays as it is. `cutTensor` with the same maps takes it back.
 */
export const scatterTensor = (data: Float32Array, from: Shape, to: Shape, axes: AxisCuts): Float32Array => {
  from.forEach((extent, axis) => {
    if ((axes[axis]?.length ?? to[axis]) !== extent)
      throw new Error(`axis ${axis} of [${from}] does not fit into [${to}]`);
  });
  if (axes.every(map => map === undefined)) return data;
  const laid = new Float32Array(sizeOf(to));
  const place = (axis: number, source: number, target: number): void => {
    const [inner, innerTo] = [sizeOf(from.slice(axis)), sizeOf(to.slice(axis + 1))];
    if (axes.slice(axis).every(map => map === undefined)) {
      laid.set(data.subarray(source, source + inner), target);
      return;
    }
    const step = inner / from[axis]!;
    for (let i = 0; i < from[axis]!; i++)
      place(axis + 1, source + i * step, target + (axes[axis]?.[i] ?? i) * innerTo);
  };
  place(0, 0, 0);
  return laid;
};
