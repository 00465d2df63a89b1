import type { ModelConfig } from '@secateur/core';
import type { Shape } from '@secateur/core/graph';

/** Sizes of a LLaMA-shaped checkpoint. */
export interface LargeShape {
  readonly hidden: number;
  readonly intermediate: number;
  readonly layers: number;
  readonly heads: number;
  readonly vocabulary: number;
}

/** LLaMA-7B (arXiv 2302.13971, table 2): 6.74 · 10⁹ parameters, 13.5 GB in bfloat16. */
export const llama7b: LargeShape = {
  hidden: 4096,
  intermediate: 11_008,
  layers: 32,
  heads: 32,
  vocabulary: 32_000,
};

export const configOf = ({ hidden, intermediate, layers, heads, vocabulary }: LargeShape): ModelConfig => ({
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: hidden,
  intermediate_size: intermediate,
  num_hidden_layers: layers,
  num_attention_heads: heads,
  num_key_value_heads: heads,
  vocab_size: vocabulary,
  max_position_embeddings: 2048,
  rms_norm_eps: 1e-6,
  rope_theta: 10_000,
  hidden_act: 'silu',
  tie_word_embeddings: false,
  bos_token_id: 0,
  eos_token_id: 1,
  torch_dtype: 'bfloat16',
});

/** Names and shapes of all tensors, in the order of the model. */
export const tensorsOf = ({ hidden, intermediate, layers, vocabulary }: LargeShape) => {
  const tensors: { readonly name: string; readonly shape: Shape }[] = [];
  const add = (name: string, ...shape: number[]): void =>
    void tensors.push({ name: `${name}.weight`, shape });
  add('model.embed_tokens', vocabulary, hidden);
  for (let i = 0; i < layers; i++) {
    const layer = `model.layers.${i}`;
    for (const name of ['q_proj', 'k_proj', 'v_proj', 'o_proj'])
      add(`${layer}.self_attn.${name}`, hidden, hidden);
    add(`${layer}.mlp.gate_proj`, intermediate, hidden);
    add(`${layer}.mlp.up_proj`, intermediate, hidden);
    add(`${layer}.mlp.down_proj`, hidden, intermediate);
    add(`${layer}.input_layernorm`, hidden);
    add(`${layer}.post_attention_layernorm`, hidden);
  }
  add('model.norm', hidden);
  add('lm_head', vocabulary, hidden);
  return tensors;
};
