import { createHuggingFaceFormat } from '@secateur/adapter-checkpoint-hf';
import { createRng, type ModelConfig, type ModelToExport } from '@secateur/core';
import { type Shape, sizeOf } from '@secateur/core/graph';
import { InterpreterEngine } from '@secateur/core/testing';
import { llamaTracer } from '@secateur/plugin-tracer-llama';

const LAYERS = 4;

/** 4 heads of 16 on 2 KV heads, 4 layers. */
export const tinyBase = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: 64,
  intermediate_size: 96,
  num_hidden_layers: LAYERS,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 16,
  vocab_size: 97,
  max_position_embeddings: 128,
  rms_norm_eps: 1e-5,
};

/** Overrides of the layers, in order. */
const perLayer = (...layers: readonly (Readonly<Record<string, unknown>> | undefined)[]) => ({
  per_layer_config: Object.fromEntries(layers.flatMap((own, i) => (own ? [[String(i), own] as const] : []))),
});
const heads = (num_attention_heads: number, num_key_value_heads: number, intermediate_size = 96) => ({
  num_attention_heads,
  num_key_value_heads,
  intermediate_size,
});
const channels = (intermediate_size: number) => ({ intermediate_size });
const noAttention = { skip: ['attention'] };
const noMlp = { skip: ['mlp'] };
const nothing = { skip: ['attention', 'mlp'] };
const llama3 = {
  rope_theta: 500,
  rope_scaling: {
    rope_type: 'llama3',
    factor: 4,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 16,
  },
};
const biases = { attention_bias: true, mlp_bias: true };
const qwen2 = { architectures: ['Qwen2ForCausalLM'], model_type: 'qwen2' };
const qwen3 = { architectures: ['Qwen3ForCausalLM'], model_type: 'qwen3' };

export interface TinyModel {
  readonly config: ModelConfig;
  /** `general.architecture` that the exporter must choose. */
  readonly architecture: string;
}

const tiny = (architecture: string, ...parts: readonly ModelConfig[]): TinyModel => ({
  config: Object.assign({}, tinyBase, ...parts),
  architecture,
});

/** What pruning makes, by name. */
export const tinyModels: Readonly<Record<string, TinyModel>> = {
  uniform: tiny('llama'),
  'heads of 48 in a hidden size of 64': tiny('llama', { num_attention_heads: 3, num_key_value_heads: 1 }),
  tied: tiny('llama', { tie_word_embeddings: true }),
  'RoPE scaled linearly': tiny('llama', { rope_theta: 500, rope_scaling: { type: 'linear', factor: 3 } }),
  'RoPE of LLaMA 3': tiny('llama', llama3),
  biases: tiny('llama', biases),
  'Mistral without a window': tiny('llama', { architectures: ['MistralForCausalLM'], sliding_window: null }),
  'channels by layer': tiny('deci', perLayer(channels(128), channels(96), channels(64), channels(40))),
  'heads by layer': tiny('deci', perLayer(heads(4, 2), heads(2, 1), heads(3, 1), heads(4, 4))),
  'heads and odd channels by layer, RoPE of LLaMA 3': tiny(
    'deci',
    perLayer(heads(4, 2, 100), heads(2, 1, 99), heads(3, 1, 97), heads(4, 4, 33)),
    llama3,
  ),
  'biases and tied, by layer': tiny('deci', perLayer(heads(4, 2, 100), heads(2, 1, 64)), biases, {
    tie_word_embeddings: true,
  }),
  'first layer without attention': tiny('deci', perLayer(noAttention)),
  'middle layer without attention': tiny('deci', perLayer(undefined, noAttention)),
  'last layer without attention': tiny('deci', perLayer(undefined, undefined, undefined, noAttention)),
  'first layer without MLP': tiny('deci', perLayer(noMlp)),
  'middle layer without MLP': tiny('deci', perLayer(undefined, noMlp)),
  'last layer without MLP': tiny('deci', perLayer(undefined, undefined, undefined, noMlp)),
  'first, middle and last layer empty': tiny('llama', perLayer(nothing, undefined, nothing, nothing)),
  'every layer without something': tiny('deci', perLayer(noAttention, noMlp, noAttention, noMlp)),
  'no layer with attention': tiny('deci', perLayer(noAttention, noAttention, noAttention, noAttention)),
  Qwen2: tiny('qwen2', qwen2),
  'Qwen2 with biases everywhere': tiny('llama', qwen2, biases),
  'Qwen2, heads by layer': tiny('deci', qwen2, perLayer(heads(2, 1, 64), heads(4, 2, 32))),
  'Qwen2, one layer, without attention': tiny('deci', qwen2, { num_hidden_layers: 1 }, perLayer(noAttention)),
  Qwen3: tiny('qwen3', qwen3, { tie_word_embeddings: true }),
};

/** Names and shapes of a checkpoint, written down apart from the tracer, which gives the sizes of layers alone. */
const shapesOf = (config: ModelConfig): ReadonlyMap<string, Shape> => {
  const { hidden_size: hidden, head_dim: size } = tinyBase;
  const vocabulary = config.vocab_size as number;
  const [family] = config.architectures as [string];
  const all = config.attention_bias === true;
  const shapes = new Map<string, Shape>([['model.embed_tokens.weight', [vocabulary, hidden]]]);
  const linear = (path: string, out: number, into: number, bias: boolean): void => {
    shapes.set(`${path}.weight`, [out, into]);
    if (bias) shapes.set(`${path}.bias`, [out]);
  };
  llamaTracer.layers(config).forEach(({ heads: q, kvHeads, channels: inner }, i) => {
    const path = `model.layers.${i}`;
    if (q > 0) {
      shapes.set(`${path}.input_layernorm.weight`, [hidden]);
      linear(`${path}.self_attn.q_proj`, q * size, hidden, all || family === 'Qwen2ForCausalLM');
      for (const name of ['k_proj', 'v_proj'])
        linear(`${path}.self_attn.${name}`, kvHeads * size, hidden, all || family === 'Qwen2ForCausalLM');
      linear(`${path}.self_attn.o_proj`, hidden, q * size, all);
      if (family === 'Qwen3ForCausalLM')
        for (const norm of ['q_norm', 'k_norm']) shapes.set(`${path}.self_attn.${norm}.weight`, [size]);
    }
    if (inner > 0) {
      shapes.set(`${path}.post_attention_layernorm.weight`, [hidden]);
      for (const name of ['gate_proj', 'up_proj'])
        linear(`${path}.mlp.${name}`, inner, hidden, config.mlp_bias === true);
      linear(`${path}.mlp.down_proj`, hidden, inner, config.mlp_bias === true);
    }
  });
  shapes.set('model.norm.weight', [hidden]);
  if (config.tie_word_embeddings !== true) shapes.set('lm_head.weight', [vocabulary, hidden]);
  return shapes;
};

/** Seeded weights of a size at which attention is neither even nor all on one token. */
const weightOf = (name: string, shape: Shape): Float32Array => {
  const rng = createRng(5).fork(name);
  const isNorm = name.includes('norm');
  return Float32Array.from({ length: sizeOf(shape) }, () => (isNorm ? 0.5 + rng.next() : 0.2 * rng.normal()));
};

const format = createHuggingFaceFormat();

/** Writes a checkpoint in float32 and opens it. */
export const writeTinyModel = async (folder: string, config: ModelConfig): Promise<ModelToExport> => {
  const shapes = shapesOf(config);
  await format.write(
    folder,
    config,
    [...shapes].map(([name, shape]) => ({ name, shape })),
    async name => weightOf(name, shapes.get(name)!),
  );
  return { checkpoint: await format.open(folder), format, tracer: llamaTracer };
};

/** Probabilities of the next token in float64, by the reference interpreter. */
export const referenceNextToken = async (
  { checkpoint: { config, tensors } }: ModelToExport,
  prompt: readonly number[],
): Promise<Float64Array> => {
  const graph = llamaTracer.trace(config, tensors, { batch: 1, sequence: prompt.length });
  const executable = await new InterpreterEngine(ref => format.read(ref)).compile(graph, {
    precision: 'float64',
  });
  const input_ids = { shape: [1, prompt.length], data: BigInt64Array.from(prompt, BigInt) };
  const { logits } = (await executable.run({ input_ids })).outputs;
  const last = Float64Array.from(logits!.data.slice(-(config.vocab_size as number)), Number);
  const top = Math.max(...last);
  const powers = last.map(logit => Math.exp(logit - top));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map(power => power / sum);
};
