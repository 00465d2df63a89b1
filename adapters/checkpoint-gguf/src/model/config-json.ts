import type { ModelConfig } from '@secateur/core';
import type { SpecialIds } from '../tokenizer/vocabulary.js';
import type { Llama3Scaling } from './rope-factors.js';
import type { ModelSizes } from './sizes.js';
import type { Weights } from './weights.js';

/**
 * config.json of a model. Where layers differ, the global keys hold the largest size and `per_layer_config` the
 * others; a layer without attention or MLP says `skip` there.
 */
export const configOf = (
  sizes: ModelSizes,
  weights: Weights,
  llama3: Llama3Scaling | undefined,
  { bos, eos, eot, padding }: SpecialIds,
): ModelConfig => {
  const { architecture, layers } = sizes;
  const { family, modelType, qkvBias } = architecture;
  const linear = sizes.ropeFactor === 1 ? undefined : { rope_type: 'linear', factor: sizes.ropeFactor };
  const scaling = llama3 ?? linear;
  const perLayer = perLayerConfig(sizes);
  const ends = [...new Set([eos, eot])].filter(id => id !== undefined);
  return {
    architectures: [family],
    model_type: modelType,
    hidden_size: sizes.hidden,
    intermediate_size: largest(sizes, 'channels'),
    num_hidden_layers: layers.length,
    num_attention_heads: largest(sizes, 'heads'),
    num_key_value_heads: largest(sizes, 'kvHeads'),
    head_dim: sizes.headDim,
    vocab_size: sizes.vocabulary,
    max_position_embeddings: sizes.maxSequence,
    hidden_act: 'silu',
    rms_norm_eps: sizes.epsilon,
    rope_theta: sizes.theta,
    ...(scaling ? { rope_scaling: scaling } : {}),
    ...(qkvBias ? {} : { attention_bias: weights.attentionBias }),
    ...(family === 'LlamaForCausalLM' ? { mlp_bias: weights.mlpBias } : {}),
    tie_word_embeddings: weights.tied,
    ...(bos === undefined ? {} : { bos_token_id: bos }),
    ...(ends.length === 0 ? {} : { eos_token_id: ends.length === 1 ? ends[0] : ends }),
    ...(padding === undefined ? {} : { pad_token_id: padding }),
    // Transformers before version 5 reads the first of these, later ones the second; the writer makes them true.
    torch_dtype: 'float32',
    dtype: 'float32',
    ...(Object.keys(perLayer).length > 0 ? { per_layer_config: perLayer } : {}),
  };
};

const largest = ({ layers }: ModelSizes, key: keyof ModelSizes['layers'][number]): number =>
  layers.reduce((most, layer) => Math.max(most, layer[key]), 0);

const perLayerConfig = (sizes: ModelSizes): Readonly<Record<string, unknown>> => {
  const [heads, kvHeads, channels] = [
    largest(sizes, 'heads'),
    largest(sizes, 'kvHeads'),
    largest(sizes, 'channels'),
  ];
  return Object.fromEntries(
    sizes.layers.flatMap((layer, i) => {
      const skip = [...(layer.heads === 0 ? ['self_attn'] : []), ...(layer.channels === 0 ? ['mlp'] : [])];
      const own = {
        ...(layer.heads === 0 || layer.heads === heads ? {} : { num_attention_heads: layer.heads }),
        ...(layer.heads === 0 || layer.kvHeads === kvHeads ? {} : { num_key_value_heads: layer.kvHeads }),
        ...(layer.channels === 0 || layer.channels === channels ? {} : { intermediate_size: layer.channels }),
        ...(skip.length > 0 ? { skip } : {}),
      };
      return Object.keys(own).length > 0 ? [[String(i), own] as const] : [];
    }),
  );
};
