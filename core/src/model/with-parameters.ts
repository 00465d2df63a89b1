import { type Shape, sizeOf, type TensorRef } from '../graph/graph.js';
import type { ModelConfig } from '../ports/checkpoint.js';
import { LiveModel } from './live-model.js';

/**
 * The model with parameters that its files lack, all zero, and the config that speaks of them. They lie in memory, among
 * what is `changed`, so that a model may compute with them, and the cut writes them.
 */
export const withParameters = (
  { source, lora, changed }: LiveModel,
  config: ModelConfig,
  shapes: ReadonlyMap<string, Shape>,
): LiveModel => {
  const refs = [...shapes].map(([name, shape]): [string, TensorRef] => [
    name,
    { file: '', offset: 0, byteLength: 4 * sizeOf(shape), dtype: 'F32', shape },
  ]);
  return new LiveModel(
    { ...source, config, tensors: new Map([...source.tensors, ...refs]) },
    lora,
    new Map([
      ...changed,
      ...refs.map(([name, { shape }]) => [name, new Float32Array(sizeOf(shape))] as const),
    ]),
  );
};
