import { LiveModel, type ModelConfig, type Sequence } from '@secateur/core';
import { linearModules } from '@secateur/core/graph';
import { llamaTracer } from '@secateur/plugin-tracer-llama';
import { absentTensors } from '../llama-shape.js';

const llama = (
  [hidden, channels, layers]: readonly [number, number, number],
  [heads, kvHeads]: readonly [number, number],
  vocabulary: number,
  tied = false,
): ModelConfig => ({
  architectures: ['LlamaForCausalLM'],
  hidden_size: hidden,
  intermediate_size: channels,
  num_hidden_layers: layers,
  num_attention_heads: heads,
  num_key_value_heads: kvHeads,
  vocab_size: vocabulary,
  tie_word_embeddings: tied,
});

/** Models by their config.json, to be counted without their weights. */
export const shapes = {
  stories15M: llama([288, 768, 6], [6, 6], 32_000, true),
  'SmolLM2-135M': llama([576, 1536, 30], [9, 3], 49_152, true),
  'TinyLlama-1.1B': llama([2048, 5632, 22], [32, 4], 32_000),
  'LLaMA-7B': llama([4096, 11_008, 32], [32, 32], 32_000),
} as const satisfies Record<string, ModelConfig>;

/**
 * A model of that shape.
 * @param rank of a LoRA on every linear layer but the head, fresh: its B counts as zero; 0 is none
 */
export const shapeOnly = (config: ModelConfig, rank: number): LiveModel => {
  const tensors = absentTensors(config);
  const graph = llamaTracer.trace(config, tensors, { batch: 1, sequence: 2 });
  const modules = rank === 0 ? [] : [...linearModules(graph).keys()].filter(name => name !== 'lm_head');
  const format = { read: () => Promise.reject(new Error('there are no weights')) } as never;
  return new LiveModel(
    { config, tensors, tracer: llamaTracer, format },
    {
      specs: new Map(modules.map(module => [module, { rank, scaling: 2 }])),
      arrays: new Map(modules.map(module => [`${module}.lora_B.weight`, new Float32Array(0)])),
    },
  );
};

/**
 * Text as the default calibration reads it.
 * @param counted share of the positions that count, those at the end: 1 is plain text, less are answers behind prompts
 */
export const sequencesOf = (count: number, counted = 1, length = 127): Sequence[] =>
  Array.from({ length: count }, () => ({
    ids: new Int32Array(length),
    targets: new Int32Array(length),
    weights: new Float32Array(length).fill(1, Math.round((1 - counted) * length)),
    length,
  }));
