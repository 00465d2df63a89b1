import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createHuggingFaceFormat } from '@secateur/adapter-checkpoint-hf';
import { createHuggingFaceTokenizerFormat } from '@secateur/adapter-tokenizer-hf';
import { chunks, createRng, freshLora, LiveModel, type Sequence } from '@secateur/core';
import { linearModules } from '@secateur/core/graph';
import { llamaTracer } from '@secateur/plugin-tracer-llama';
import { repository } from '../shared-data.js';

/** A model folder with a fresh LoRA on every linear layer but the head, as a run opens it. */
export const openWithLora = async (folder: string, rank = 8): Promise<LiveModel> => {
  const format = createHuggingFaceFormat();
  const { config, tensors } = await format.open(folder);
  const graph = llamaTracer.trace(config, tensors, { batch: 1, sequence: 2 });
  const modules = new Map([...linearModules(graph)].filter(([module]) => module !== 'lm_head'));
  const lora = freshLora(modules, { rank, scaling: 2 }, createRng(1));
  return new LiveModel({ config, tensors, tracer: llamaTracer, format }, lora);
};

/** Chunks of 128 tokens of a novel, as the analysis reads them. */
export const novel = async (folder: string, count: number): Promise<readonly Sequence[]> => {
  const tokenizer = await createHuggingFaceTokenizerFormat().open(folder);
  const text = readFileSync(path.join(repository, 'examples/bundled-model/text/moby-dick.txt'), 'utf8');
  const ids = Int32Array.from(tokenizer.encode(text.slice(0, count * 128 * 8)));
  return chunks(ids, 128, tokenizer.bos).slice(0, count);
};
