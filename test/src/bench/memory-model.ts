import { createHuggingFaceFormat } from '@secateur/adapter-checkpoint-hf';
import { createRng, freshLora, LiveModel } from '@secateur/core';
import { linearModules, type Shape, sizeOf } from '@secateur/core/graph';
import { llamaTracer } from '@secateur/plugin-tracer-llama';
import type { Size } from './sizes.js';

const format = createHuggingFaceFormat();

/** Names and shapes of a LLaMA checkpoint; embedding and head are untied. */
const layoutOf = ({
  width,
  layers,
  heads,
  kvHeads,
  ff,
  vocabulary,
}: Size): { name: string; shape: Shape }[] => {
  const kvWidth = (width / heads) * kvHeads;
  const layer = (i: number): [name: string, ...shape: number[]][] => [
    [`layers.${i}.input_layernorm`, width],
    [`layers.${i}.self_attn.q_proj`, width, width],
    [`layers.${i}.self_attn.k_proj`, kvWidth, width],
    [`layers.${i}.self_attn.v_proj`, kvWidth, width],
    [`layers.${i}.self_attn.o_proj`, width, width],
    [`layers.${i}.post_attention_layernorm`, width],
    [`layers.${i}.mlp.gate_proj`, ff, width],
    [`layers.${i}.mlp.up_proj`, ff, width],
    [`layers.${i}.mlp.down_proj`, width, ff],
  ];
  const inner: [name: string, ...shape: number[]][] = [
    ['embed_tokens', vocabulary, width],
    ...Array.from({ length: layers }, (_, i) => layer(i)).flat(),
    ['norm', width],
  ];
  return [
    ...inner.map(([name, ...shape]) => ({ name: `model.${name}.weight`, shape })),
    { name: 'lm_head.weight', shape: [vocabulary, width] },
  ];
};

/** Writes a model folder of the size with random weights: every tensor differs, so that none can stand for another. */
export const writeRandomModel = async (
  folder: string,
  size: Size,
  dtype: 'F32' | 'BF16' | 'F16',
): Promise<void> => {
  const layout = layoutOf(size);
  const shapes = new Map(layout.map(({ name, shape }) => [name, shape]));
  const config = {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    hidden_size: size.width,
    intermediate_size: size.ff,
    num_hidden_layers: size.layers,
    num_attention_heads: size.heads,
    num_key_value_heads: size.kvHeads,
    vocab_size: size.vocabulary,
    max_position_embeddings: 4096,
    rms_norm_eps: 1e-5,
    tie_word_embeddings: false,
  };
  await format.write(folder, config, layout, async name => randomWeight(name, shapes.get(name)!), { dtype });
};

/** Uniform with standard deviation 0.02, by a generator that is quick enough for a billion numbers; norms are near 1. */
const randomWeight = (name: string, shape: Shape): Float32Array => {
  const data = new Float32Array(sizeOf(shape));
  const mean = shape.length === 1 ? 1 : 0;
  let state =
    1 +
    createRng(0)
      .fork(name)
      .integer(2 ** 31 - 2);
  for (let i = 0; i < data.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    data[i] = mean + (state / 2 ** 31) * 0.02 * Math.sqrt(3);
  }
  return data;
};

/** The model with a fresh LoRA on all seven projections of each layer. */
export const openAdapted = async (folder: string, rank: number): Promise<LiveModel> => {
  const { config, tensors } = await format.open(folder);
  const modules = linearModules(llamaTracer.trace(config, tensors, { batch: 1, sequence: 2 }));
  const named = new Map([...modules].filter(([module]) => module !== 'lm_head'));
  const lora = freshLora(named, { rank, scaling: 2 }, createRng(1));
  return new LiveModel({ config, tensors, tracer: llamaTracer, format }, lora);
};
