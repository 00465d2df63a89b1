import { createHuggingFaceFormat } from '@secateur/adapter-checkpoint-hf';
import { createRng, freshLora, LiveModel, type LoraState, type ModelConfig } from '@secateur/core';
import { linearModules, type Shape, sizeOf } from '@secateur/core/graph';
import { llamaTracer } from '@secateur/plugin-tracer-llama';

const small = {
  hidden_size: 16,
  intermediate_size: 12,
  num_hidden_layers: 2,
  head_dim: 4,
  vocab_size: 23,
  max_position_embeddings: 32,
  rms_norm_eps: 1e-5,
};

/** A config.json for each way in which the families differ. */
export const tinyConfigs: Readonly<Record<string, ModelConfig>> = {
  'LLaMA, multi-head, untied': {
    ...small,
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    num_attention_heads: 4,
  },
  'LLaMA, grouped queries, tied': {
    ...small,
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    num_attention_heads: 4,
    num_key_value_heads: 2,
    tie_word_embeddings: true,
  },
  'LLaMA, biases everywhere': {
    ...small,
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    num_attention_heads: 4,
    num_key_value_heads: 2,
    attention_bias: true,
    mlp_bias: true,
  },
  'Mistral, sliding window': {
    ...small,
    architectures: ['MistralForCausalLM'],
    model_type: 'mistral',
    num_attention_heads: 6,
    num_key_value_heads: 2,
    sliding_window: 3,
  },
  'Qwen2, biases, tied': {
    ...small,
    architectures: ['Qwen2ForCausalLM'],
    model_type: 'qwen2',
    num_attention_heads: 4,
    num_key_value_heads: 2,
    tie_word_embeddings: true,
  },
  'Qwen3, query-key norm, multi-query': {
    ...small,
    architectures: ['Qwen3ForCausalLM'],
    model_type: 'qwen3',
    num_attention_heads: 3,
    num_key_value_heads: 1,
  },
  'Qwen3, query-key norm, grouped queries': {
    ...small,
    architectures: ['Qwen3ForCausalLM'],
    model_type: 'qwen3',
    num_attention_heads: 6,
    num_key_value_heads: 3,
  },
  'LLaMA, layers without attention or MLP': {
    ...small,
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    num_hidden_layers: 4,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    tie_word_embeddings: true,
    per_layer_config: {
      '0': { skip: ['self_attn'] },
      '2': { skip: ['mlp'] },
      '3': { skip: ['attention', 'mlp'] },
    },
  },
};

/** What a family's checkpoint holds, written down apart from the tracer. */
const shapesOf = (config: ModelConfig): Map<string, Shape> => {
  const { hidden_size: hidden, intermediate_size: channels, head_dim: size, vocab_size } = small;
  const heads = config.num_attention_heads as number;
  const kvHeads = (config.num_key_value_heads as number | undefined) ?? heads;
  const [family] = config.architectures as [string];
  const qkvBias = family === 'Qwen2ForCausalLM' || config.attention_bias === true;
  const shapes = new Map<string, Shape>([['model.embed_tokens.weight', [vocab_size, hidden]]]);
  const linear = (path: string, out: number, into: number, bias: boolean): void => {
    shapes.set(`${path}.weight`, [out, into]);
    if (bias) shapes.set(`${path}.bias`, [out]);
  };
  const table = (config.per_layer_config ?? {}) as Record<string, { readonly skip: readonly string[] }>;
  for (let i = 0; i < (config.num_hidden_layers as number); i++) {
    const path = `model.layers.${i}`;
    const skip = table[i]?.skip ?? [];
    if (!skip.includes('mlp')) {
      shapes.set(`${path}.post_attention_layernorm.weight`, [hidden]);
      for (const name of ['gate_proj', 'up_proj'])
        linear(`${path}.mlp.${name}`, channels, hidden, config.mlp_bias === true);
      linear(`${path}.mlp.down_proj`, hidden, channels, config.mlp_bias === true);
    }
    if (skip.includes('attention') || skip.includes('self_attn')) continue;
    shapes.set(`${path}.input_layernorm.weight`, [hidden]);
    linear(`${path}.self_attn.q_proj`, heads * size, hidden, qkvBias);
    for (const name of ['k_proj', 'v_proj'])
      linear(`${path}.self_attn.${name}`, kvHeads * size, hidden, qkvBias);
    linear(`${path}.self_attn.o_proj`, hidden, heads * size, config.attention_bias === true);
    if (family === 'Qwen3ForCausalLM')
      for (const norm of ['q_norm', 'k_norm']) shapes.set(`${path}.self_attn.${norm}.weight`, [size]);
  }
  shapes.set('model.norm.weight', [hidden]);
  if (config.tie_word_embeddings !== true) shapes.set('lm_head.weight', [vocab_size, hidden]);
  return shapes;
};

/** Seeded weights of a size at which attention and SiLU are neither linear nor saturated. */
const weightOf = (name: string, shape: Shape): Float32Array => {
  const rng = createRng(1).fork(name);
  const isNorm = name.includes('norm');
  return Float32Array.from({ length: sizeOf(shape) }, () => (isNorm ? 0.5 + rng.next() : 0.4 * rng.normal()));
};

/** Writes a tiny checkpoint of that config in float32. */
export const writeTiny = async (folder: string, config: ModelConfig): Promise<void> => {
  const shapes = shapesOf(config);
  await createHuggingFaceFormat().write(
    folder,
    config,
    [...shapes].map(([name, shape]) => ({ name, shape })),
    async name => weightOf(name, shapes.get(name)!),
  );
};

/** A LoRA on every linear layer but the head, B random too. */
const randomLora = (modules: ReadonlyMap<string, Shape>): LoraState => {
  const fresh = freshLora(modules, { rank: 2, scaling: 1.5 }, createRng(2));
  const arrays = [...fresh.arrays].map(([name, data]) => {
    const rng = createRng(3).fork(name);
    return [name, data.map(() => 0.3 * rng.normal())] as const;
  });
  return { specs: fresh.specs, arrays: new Map(arrays) };
};

/** A model folder with or without a random LoRA. */
export const openTiny = async (folder: string, adapted: boolean): Promise<LiveModel> => {
  const format = createHuggingFaceFormat();
  const { config, tensors } = await format.open(folder);
  const graph = llamaTracer.trace(config, tensors, { batch: 1, sequence: 2 });
  const modules = [...linearModules(graph)].filter(([module]) => module !== 'lm_head');
  const lora = adapted ? randomLora(new Map(modules)) : { specs: new Map(), arrays: new Map() };
  return new LiveModel({ config, tensors, tracer: llamaTracer, format }, lora);
};
