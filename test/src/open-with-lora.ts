import { createHuggingFaceFormat } from '@secateur/adapter-checkpoint-hf';
import { createRng, freshLora, LiveModel } from '@secateur/core';
import { linearModules } from '@secateur/core/graph';
import { llamaTracer } from '@secateur/plugin-tracer-llama';

/** A model folder with a fresh LoRA on every linear layer but the head, as a run opens it. */
export const openWithLora = async (folder: string, rank = 8): Promise<LiveModel> => {
  const format = createHuggingFaceFormat();
  const { config, tensors } = await format.open(folder);
  const graph = llamaTracer.trace(config, tensors, { batch: 1, sequence: 2 });
  const modules = new Map([...linearModules(graph)].filter(([module]) => module !== 'lm_head'));
  const lora = freshLora(modules, { rank, scaling: 2 }, createRng(1));
  return new LiveModel({ config, tensors, tracer: llamaTracer, format }, lora);
};
