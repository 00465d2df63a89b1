import * as ort from 'onnxruntime-node';
import type { WireTensor } from './protocol.js';

/** The tensor of onnxruntime on the same elements. */
export const tensorOf = ({ data, shape }: WireTensor): ort.Tensor => {
  if (data instanceof Float32Array) return new ort.Tensor('float32', data, shape);
  if (data instanceof Float64Array) return new ort.Tensor('float64', data, shape);
  return new ort.Tensor('int64', data, shape);
};
