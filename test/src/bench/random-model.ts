import { writeModel } from '@secateur/adapter-checkpoint-hf';
import type { ModelConfig } from '@secateur/core';
import { llamaShapes } from '../llama-shape.js';
import { randomWeights } from './random-weights.js';

/** Writes a LLaMA-shaped model folder with random weights of an element type. The same config gives the same bytes. */
export const writeRandomModel = (
  folder: string,
  config: ModelConfig,
  dtype: 'F32' | 'BF16' | 'F16',
  companions: readonly string[] = [],
): Promise<void> => {
  const shapes = llamaShapes(config);
  return writeModel(folder, {
    config,
    layout: [...shapes].map(([name, shape]) => ({ name, shape })),
    tensor: name => randomWeights(name, shapes.get(name)!),
    dtype,
    companions,
  });
};
