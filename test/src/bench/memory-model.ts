import { createHuggingFaceFormat, writeModel } from '@secateur/adapter-checkpoint-hf';
import { createRng, freshLora, LiveModel } from '@secateur/core';
import { linearModules } from '@secateur/core/graph';
import { llamaTracer } from '@secateur/plugin-tracer-llama';
import { randomWeights } from './large/random-weights.js';
import { configOf, shapesOf } from './material.js';
import type { Size } from './sizes.js';

/** Writes a model folder of the size with random weights of an element type. */
export const writeRandomModel = async (
  folder: string,
  size: Size,
  dtype: 'F32' | 'BF16' | 'F16',
): Promise<void> => {
  const shapes = shapesOf(size);
  await writeModel(folder, {
    config: configOf(size),
    layout: [...shapes].map(([name, shape]) => ({ name, shape })),
    tensor: name => randomWeights(name, shapes.get(name)!),
    dtype,
  });
};

/** The model with a fresh LoRA on all seven projections of each layer. */
export const openAdapted = async (folder: string, rank: number): Promise<LiveModel> => {
  const format = createHuggingFaceFormat();
  const { config, tensors } = await format.open(folder);
  const modules = linearModules(llamaTracer.trace(config, tensors, { batch: 1, sequence: 2 }));
  const named = new Map([...modules].filter(([module]) => module !== 'lm_head'));
  const lora = freshLora(named, { rank, scaling: 2 }, createRng(1));
  return new LiveModel({ config, tensors, tracer: llamaTracer, format }, lora);
};
