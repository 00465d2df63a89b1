import type { ModelConfig } from '@secateur/core';
import type { Architecture, Family } from './architecture.js';
import { MODULE } from './own-code.js';

/** `model_type` of the stock classes. */
const modelTypes: Readonly<Record<Family, string>> = {
  LlamaForCausalLM: 'llama',
  MistralForCausalLM: 'mistral',
  Qwen2ForCausalLM: 'qwen2',
  Qwen3ForCausalLM: 'qwen3',
};

/** A config.json with what a user should know about it. */
export interface StockConfig {
  readonly config: ModelConfig;
  readonly notes: readonly string[];
}

/**
 * config.json of a model whose layers are alike, for the stock classes of transformers. Version 5 refuses a LLaMA whose
 * heads do not divide its hidden size, even where head_dim is given; the same weights are a Mistral without a window,
 * as long as there are no biases.
 * @param model what `config` says, with all layers alike
 */
export const stockConfig = (config: ModelConfig, model: Architecture): StockConfig => {
  const stock = withoutOwnCode(config, model);
  const { heads } = model.layers[0]!;
  if (model.family !== 'LlamaForCausalLM' || model.hidden % heads === 0) return { config: stock, notes: [] };
  const found = `${heads} query heads do not divide the hidden size of ${model.hidden}`;
  if (model.bias.qkv || model.bias.mlp)
    return {
      config: stock,
      notes: [
        `${found}, which transformers 5 refuses for LLaMA; other families have no such biases, so open it with transformers 4 or another runtime`,
      ],
    };
  return {
    config: asMistral(stock, model),
    notes: [
      `${found}, which transformers 5 refuses for LLaMA: config.json calls the model a Mistral without a sliding window, which computes the same`,
    ],
  };
};

/** Without what a former export of a model with layers of different sizes has put there. */
const withoutOwnCode = (config: ModelConfig, { family }: Architecture): ModelConfig => {
  const { auto_map, ...rest } = config;
  const entries = Object.entries((auto_map ?? {}) as Record<string, unknown>);
  if (!entries.some(([, value]) => String(value).startsWith(`${MODULE}.`))) return config;
  return { ...rest, model_type: modelTypes[family] };
};

/** Values are written down where the defaults of the two families differ. */
const asMistral = (
  { attention_bias: _, mlp_bias: __, layer_types: ___, ...config }: ModelConfig,
  { maxSequence, epsilon, tied }: Architecture,
): ModelConfig => ({
  ...config,
  architectures: ['MistralForCausalLM'],
  model_type: modelTypes.MistralForCausalLM,
  sliding_window: null,
  max_position_embeddings: maxSequence,
  rms_norm_eps: epsilon,
  tie_word_embeddings: tied,
});
