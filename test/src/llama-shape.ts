import type { ModelConfig } from '@secateur/core';
import { type Shape, sizeOf, type TensorRef } from '@secateur/core/graph';

/** Names and shapes of all tensors of a LLaMA-shaped checkpoint, in the order of the model. */
export const llamaShapes = (config: ModelConfig): ReadonlyMap<string, Shape> => {
  const sizes = config as Readonly<Record<string, number>>;
  const [hidden, channels, vocabulary] = [sizes.hidden_size!, sizes.intermediate_size!, sizes.vocab_size!];
  const kv = (hidden / sizes.num_attention_heads!) * sizes.num_key_value_heads!;
  const shapes = new Map<string, Shape>();
  const add = (name: string, ...shape: number[]): void => void shapes.set(`${name}.weight`, shape);
  add('model.embed_tokens', vocabulary, hidden);
  for (let i = 0; i < sizes.num_hidden_layers!; i++) {
    const path = `model.layers.${i}`;
    add(`${path}.input_layernorm`, hidden);
    add(`${path}.self_attn.q_proj`, hidden, hidden);
    add(`${path}.self_attn.k_proj`, kv, hidden);
    add(`${path}.self_attn.v_proj`, kv, hidden);
    add(`${path}.self_attn.o_proj`, hidden, hidden);
    add(`${path}.post_attention_layernorm`, hidden);
    add(`${path}.mlp.gate_proj`, channels, hidden);
    add(`${path}.mlp.up_proj`, channels, hidden);
    add(`${path}.mlp.down_proj`, hidden, channels);
  }
  add('model.norm', hidden);
  if (config.tie_word_embeddings !== true) add('lm_head', vocabulary, hidden);
  return shapes;
};

/** References to such tensors of which no byte exists: enough to trace and to count. */
export const absentTensors = (config: ModelConfig, dtype: 'F32' | 'BF16' = 'F32'): Map<string, TensorRef> =>
  new Map(
    [...llamaShapes(config)].map(([name, shape]) => {
      const byteLength = (dtype === 'F32' ? 4 : 2) * sizeOf(shape);
      return [name, { file: '/none', offset: 0, byteLength, dtype, shape }];
    }),
  );
