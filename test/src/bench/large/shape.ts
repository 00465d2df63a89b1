import type { ModelConfig } from '@secateur/core';

/** LLaMA-7B (arXiv 2302.13971, table 2): 6.74 · 10⁹ parameters, 13.5 GB in bfloat16. */
export const llama7b = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: 4096,
  intermediate_size: 11_008,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 32,
  vocab_size: 32_000,
  max_position_embeddings: 2048,
  rms_norm_eps: 1e-6,
  rope_theta: 10_000,
  hidden_act: 'silu',
  tie_word_embeddings: false,
  bos_token_id: 0,
  eos_token_id: 1,
  torch_dtype: 'bfloat16',
} satisfies ModelConfig;
