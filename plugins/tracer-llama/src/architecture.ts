import { describeIssue, type ModelConfig, SecateurError } from '@secateur/core';
import { z } from 'zod';

/** How one decoder layer is sized. A part of size 0 is absent, and its norm with it: its layer adds nothing there. */
export interface LayerShape {
  readonly heads: number;
  readonly kvHeads: number;
  readonly intermediate: number;
}

/** A decoder of the LLaMA family, as far as its graph depends on it. */
export interface Architecture {
  readonly hidden: number;
  readonly headDim: number;
  readonly vocabulary: number;
  readonly layers: readonly LayerShape[];
  readonly maxSequence: number;
  readonly epsilon: number;
  readonly rope: RopeConfig;
  readonly tied: boolean;
  readonly bias: { readonly qkv: boolean; readonly output: boolean; readonly mlp: boolean };
  /** RMSNorm over each head of q and k (Qwen3). */
  readonly queryKeyNorm: boolean;
  /** Sliding window of the attention in tokens, 0 = none, per layer. */
  readonly windows: readonly number[];
}

export interface RopeConfig {
  readonly theta: number;
  readonly scaling: RopeScaling | undefined;
}

export type RopeScaling =
  | { readonly type: 'linear'; readonly factor: number }
  | {
      readonly type: 'llama3';
      readonly factor: number;
      readonly low: number;
      readonly high: number;
      readonly original: number;
    };

/** What differs between the families, by the name in `architectures`. */
interface FamilyRules {
  readonly qkvBias: boolean;
  readonly queryKeyNorm: boolean;
  /**
   * What `sliding_window` means: nothing, every layer, or, where `use_sliding_window` asks for it, the layers from
   * `max_window_layers` on.
   */
  readonly window: 'ignored' | 'all' | 'asked';
  /** `head_dim` where config.json does not give it; without it hidden_size / num_attention_heads. */
  readonly headDim?: number;
}

/** Defaults as transformers has them. */
const families = {
  LlamaForCausalLM: { qkvBias: false, queryKeyNorm: false, window: 'ignored' },
  MistralForCausalLM: { qkvBias: false, queryKeyNorm: false, window: 'all' },
  Qwen2ForCausalLM: { qkvBias: true, queryKeyNorm: false, window: 'asked' },
  Qwen3ForCausalLM: { qkvBias: false, queryKeyNorm: true, window: 'asked', headDim: 128 },
} as const satisfies Record<string, FamilyRules>;

type Family = keyof typeof families;

/** Names in `architectures` that this tracer knows. */
export const architectures: readonly string[] = Object.keys(families);

const count = z.number().int().positive();

/** Far above every model there is: numbers beyond these are damage, and would fill the memory before a tensor is missed. */
const MOST_LAYERS = 10_000;
const LARGEST_HEAD = 65_536;

/** Parts that a layer may lack: as transformers names them, and by the name of the module. */
const ATTENTION = ['attention', 'self_attn'] as const;

const overrides = z.object({
  num_attention_heads: count.optional(),
  num_key_value_heads: count.optional(),
  intermediate_size: count.optional(),
  skip: z.array(z.enum([...ATTENTION, 'mlp'])).optional(),
});

const schema = z.object({
  architectures: z.array(z.string()).min(1),
  hidden_size: count,
  intermediate_size: count,
  num_hidden_layers: count.max(MOST_LAYERS),
  num_attention_heads: count,
  num_key_value_heads: count.nullish(),
  head_dim: count.nullish(),
  vocab_size: count,
  max_position_embeddings: count.default(2048),
  rms_norm_eps: z.number().positive().default(1e-6),
  rope_theta: z.number().positive().nullish(),
  rope_scaling: z.record(z.string(), z.unknown()).nullish(),
  rope_parameters: z.record(z.string(), z.unknown()).nullish(),
  tie_word_embeddings: z.boolean().default(false),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
  hidden_act: z.string().default('silu'),
  sliding_window: count.nullish(),
  use_sliding_window: z.boolean().default(false),
  max_window_layers: z.number().int().nonnegative().default(28),
  layer_types: z.array(z.enum(['full_attention', 'sliding_attention'])).nullish(),
  per_layer_config: z.record(z.string(), overrides).nullish(),
});

type RawConfig = z.infer<typeof schema>;

/**
 * Reads config.json.
 * @throws SecateurError E_MODEL_ARCHITECTURE for a family that is not known, E_MODEL_CONFIG for a value that is
 * missing, wrong or not supported
 */
export const readArchitecture = (config: ModelConfig): Architecture => {
  const names = Array.isArray(config.architectures) ? config.architectures : [];
  const family = names.find(
    (name): name is Family => typeof name === 'string' && Object.hasOwn(families, name),
  );
  if (!family)
    throw new SecateurError(
      'E_MODEL_ARCHITECTURE',
      `config.json names the architecture ${names.length > 0 ? names.join(', ') : '(none)'}, expected one of ${architectures.join(', ')}`,
      { hint: 'convert the model to one of these, or write a tracer plugin: npx secateur ls tracer' },
    );
  const parsed = schema.safeParse(config);
  if (!parsed.success) throw invalid(describeIssue(schema, config, parsed.error).sentence);
  return normalise(parsed.data, families[family]);
};

const normalise = (raw: RawConfig, family: FamilyRules): Architecture => {
  if (raw.hidden_act !== 'silu') throw invalid(`hidden_act is "${raw.hidden_act}", expected "silu"`);
  const kvHeads = raw.num_key_value_heads ?? raw.num_attention_heads;
  const headDim = raw.head_dim ?? family.headDim ?? raw.hidden_size / raw.num_attention_heads;
  if (!Number.isInteger(headDim))
    throw invalid(
      `hidden_size ${raw.hidden_size} is not a multiple of num_attention_heads ${raw.num_attention_heads}, and head_dim is not given`,
    );
  if (headDim % 2 !== 0) throw invalid(`head_dim is ${headDim}, RoPE needs an even number`);
  if (headDim > LARGEST_HEAD) throw invalid(`head_dim is ${headDim}, expected at most ${LARGEST_HEAD}`);
  if (raw.layer_types && raw.layer_types.length !== raw.num_hidden_layers)
    throw invalid(
      `layer_types has ${raw.layer_types.length} entries, expected one for each of ${raw.num_hidden_layers} layers`,
    );
  const table = overridesOf(raw);
  const layers = Array.from({ length: raw.num_hidden_layers }, (_, i): LayerShape => {
    const own = table.get(i);
    const skips = new Set(own?.skip);
    const attends = !ATTENTION.some(name => skips.has(name));
    return {
      heads: attends ? (own?.num_attention_heads ?? raw.num_attention_heads) : 0,
      kvHeads: attends ? (own?.num_key_value_heads ?? kvHeads) : 0,
      intermediate: skips.has('mlp') ? 0 : (own?.intermediate_size ?? raw.intermediate_size),
    };
  });
  layers.forEach(({ heads, kvHeads: kv }, i) => {
    if (kv > 0 && heads % kv !== 0)
      throw invalid(`layer ${i} has ${heads} query heads on ${kv} KV heads, expected a multiple`);
  });
  return {
    hidden: raw.hidden_size,
    headDim,
    vocabulary: raw.vocab_size,
    layers,
    maxSequence: raw.max_position_embeddings,
    epsilon: raw.rms_norm_eps,
    rope: readRope(raw),
    tied: raw.tie_word_embeddings,
    bias: {
      qkv: family.qkvBias || raw.attention_bias,
      output: raw.attention_bias,
      mlp: raw.mlp_bias,
    },
    queryKeyNorm: family.queryKeyNorm,
    windows: layers.map((_, i) => windowOf(raw, family, i)),
  };
};

/** `per_layer_config` by number of the layer. transformers pads the numbers with zeros: "03". */
const overridesOf = (raw: RawConfig): ReadonlyMap<number, z.infer<typeof overrides>> => {
  const table = new Map<number, z.infer<typeof overrides>>();
  for (const [key, own] of Object.entries(raw.per_layer_config ?? {})) {
    if (!/^\d+$/.test(key) || Number(key) >= raw.num_hidden_layers)
      throw invalid(
        `per_layer_config has an entry "${key}", expected layers from 0 to ${raw.num_hidden_layers - 1}`,
      );
    if (table.has(Number(key))) throw invalid(`per_layer_config names layer ${Number(key)} twice`);
    table.set(Number(key), own);
  }
  return table;
};

const windowOf = (raw: RawConfig, { window }: FamilyRules, layer: number): number => {
  const slides = window === 'all' || (window === 'asked' && raw.use_sliding_window);
  if (!raw.sliding_window || !slides) return 0;
  const own = raw.layer_types
    ? raw.layer_types[layer] === 'sliding_attention'
    : window === 'all' || layer >= raw.max_window_layers;
  return own ? raw.sliding_window : 0;
};

/** transformers 4 keeps rope_theta and rope_scaling apart; 5 has rope_parameters. */
const readRope = (raw: RawConfig): RopeConfig => {
  const parameters = { ...raw.rope_scaling, ...raw.rope_parameters };
  const number = (key: string, otherwise?: number): number => {
    const value = parameters[key] ?? otherwise;
    if (typeof value !== 'number') throw invalid(`the RoPE scaling lacks the number "${key}"`);
    if (!(value > 0 && value < Number.POSITIVE_INFINITY))
      throw invalid(`${key} of RoPE is ${value}, expected a number more than 0`);
    return value;
  };
  const theta = number('rope_theta', raw.rope_theta ?? 10_000);
  const type = parameters.rope_type ?? parameters.type ?? 'default';
  switch (type) {
    case 'default':
      return { theta, scaling: undefined };
    case 'linear':
      return { theta, scaling: { type: 'linear', factor: number('factor') } };
    case 'llama3': {
      const [low, high] = [number('low_freq_factor'), number('high_freq_factor')];
      if (low >= high)
        throw invalid(
          `low_freq_factor of RoPE is ${low}, expected less than high_freq_factor, which is ${high}`,
        );
      const original = number('original_max_position_embeddings');
      return { theta, scaling: { type: 'llama3', factor: number('factor'), low, high, original } };
    }
    default:
      throw invalid(`the RoPE scaling "${type}" is not supported; supported: default, linear, llama3`);
  }
};

const invalid = (what: string): SecateurError =>
  new SecateurError('E_MODEL_CONFIG', `config.json cannot be used: ${what}`, {
    hint: 'compare it with the config.json that was published with the model',
  });
