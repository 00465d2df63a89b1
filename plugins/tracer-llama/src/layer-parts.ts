import type { ModelConfig } from '@secateur/core';
import { readArchitecture } from './architecture.js';

/** The parts that a layer may lack, each with its norm. */
export const attentionPart = /^(?:self_attn|input_layernorm)\./;
export const mlpPart = /^(?:mlp|post_attention_layernorm)\./;

/** `model.layers.3.mlp.up_proj.weight` is the part `mlp.up_proj.weight` of layer 3. */
export const split = (name: string): { readonly layer?: string; readonly part: string } => {
  const [, layer, part] = /^model\.layers\.(\d+)\.(.+)$/.exec(name) ?? [];
  return layer === undefined ? { part: name } : { layer, part: part! };
};

/** Which tensors belong to parts that the layers lack. */
export const goneTensors = (config: ModelConfig): ((name: string) => boolean) => {
  const { layers } = readArchitecture(config);
  return name => {
    const { layer, part } = split(name);
    const sizes = layers[Number(layer)];
    if (!sizes) return false;
    return (
      (sizes.heads === 0 && attentionPart.test(part)) || (sizes.intermediate === 0 && mlpPart.test(part))
    );
  };
};
