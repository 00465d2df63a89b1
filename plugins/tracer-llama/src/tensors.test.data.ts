import type { ModelConfig } from '@secateur/core';
import type { Shape, TensorRef } from '@secateur/core/graph';

/** A small config.json of a family, with some keys of its own. */
export const configOf = (family: string, own: ModelConfig = {}): ModelConfig => ({
  architectures: [`${family}ForCausalLM`],
  hidden_size: 16,
  intermediate_size: 20,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 6,
  vocab_size: 13,
  ...own,
});

const ref = (shape: Shape, offset: number): TensorRef => ({
  file: '/model.safetensors',
  offset,
  byteLength: 4 * shape.reduce((size, extent) => size * extent, 1),
  dtype: 'F32',
  shape,
});

/** Sizes of one layer; 0 where a part is absent. */
export interface Sizes {
  readonly heads: number;
  readonly kvHeads: number;
  readonly intermediate: number;
}

export interface Extras {
  readonly qkvBias?: boolean;
  readonly outputBias?: boolean;
  readonly mlpBias?: boolean;
  readonly queryKeyNorm?: boolean;
  readonly tied?: boolean;
  readonly headDim?: number;
}

/** Shapes of all tensors of a checkpoint, written down apart from the tracer. */
export const shapesOf = (
  layers: readonly Sizes[],
  { qkvBias, outputBias, mlpBias, queryKeyNorm, tied, headDim = 6 }: Extras = {},
): Map<string, Shape> => {
  const shapes = new Map<string, Shape>([['model.embed_tokens.weight', [13, 16]]]);
  const linear = (path: string, out: number, into: number, bias = false): void => {
    shapes.set(`${path}.weight`, [out, into]);
    if (bias) shapes.set(`${path}.bias`, [out]);
  };
  for (const [i, { heads, kvHeads, intermediate }] of layers.entries()) {
    const path = `model.layers.${i}`;
    if (heads > 0) {
      shapes.set(`${path}.input_layernorm.weight`, [16]);
      linear(`${path}.self_attn.q_proj`, heads * headDim, 16, qkvBias);
      linear(`${path}.self_attn.k_proj`, kvHeads * headDim, 16, qkvBias);
      linear(`${path}.self_attn.v_proj`, kvHeads * headDim, 16, qkvBias);
      if (queryKeyNorm)
        for (const name of ['q_norm', 'k_norm']) shapes.set(`${path}.self_attn.${name}.weight`, [headDim]);
      linear(`${path}.self_attn.o_proj`, 16, heads * headDim, outputBias);
    }
    if (intermediate > 0) {
      shapes.set(`${path}.post_attention_layernorm.weight`, [16]);
      linear(`${path}.mlp.gate_proj`, intermediate, 16, mlpBias);
      linear(`${path}.mlp.up_proj`, intermediate, 16, mlpBias);
      linear(`${path}.mlp.down_proj`, 16, intermediate, mlpBias);
    }
  }
  shapes.set('model.norm.weight', [16]);
  if (!tied) shapes.set('lm_head.weight', [13, 16]);
  return shapes;
};

/** Two layers alike. */
export const twoLayers: readonly Sizes[] = Array(2).fill({ heads: 4, kvHeads: 2, intermediate: 20 });

export const tensorsOf = (shapes: ReadonlyMap<string, Shape>): Map<string, TensorRef> =>
  new Map([...shapes].map(([name, shape], i) => [name, ref(shape, 1000 * i)]));
