import type { ModelConfig } from '@secateur/core';

/**
 * The sliding window of the attention in tokens, where one is at work in any layer. Mistral slides wherever a window is
 * given, Qwen where `use_sliding_window` asks for it, LLaMA nowhere.
 */
export const windowOf = (config: ModelConfig, layers: number): number | undefined => {
  const { sliding_window: window, layer_types: types, architectures } = config;
  if (typeof window !== 'number' || window <= 0) return undefined;
  const isNamed = (name: string): boolean => Array.isArray(architectures) && architectures.includes(name);
  if (isNamed('LlamaForCausalLM')) return undefined;
  const always = isNamed('MistralForCausalLM');
  if (!always && config.use_sliding_window !== true) return undefined;
  const slides = Array.isArray(types)
    ? types.includes('sliding_attention')
    : always || Number(config.max_window_layers ?? 28) < layers;
  return slides ? window : undefined;
};
