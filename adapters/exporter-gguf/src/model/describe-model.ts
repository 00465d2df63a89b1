import { type GgufArchitectureName, ggufArchitectures } from '@secateur/adapter-checkpoint-gguf';
import { type ModelConfig, type ModelToExport, SecateurError } from '@secateur/core';
import { type LayerPlan, planLayers } from './layer-plan.js';
import { type Rope, readRope } from './rope.js';
import { windowOf } from './window.js';

/** A model as a GGUF file has it. */
export interface DescribedModel extends LayerPlan {
  readonly architecture: GgufArchitectureName;
  readonly hidden: number;
  readonly vocabulary: number;
  readonly headDim: number;
  /** Longest text, in tokens. */
  readonly context: number;
  readonly epsilon: number;
  readonly rope: Rope;
  readonly tied: boolean;
}

/** llama.cpp counts positions in int32. */
const LONGEST_CONTEXT = 2 ** 31 - 1;

/** Classes of transformers, with the architecture of llama.cpp that computes the same when all layers agree. */
const families: Readonly<Record<string, GgufArchitectureName>> = {
  LlamaForCausalLM: 'llama',
  MistralForCausalLM: 'llama',
  Qwen2ForCausalLM: 'qwen2',
  Qwen3ForCausalLM: 'qwen3',
};

/**
 * Decides how a model is said in GGUF.
 * @throws SecateurError E_EXPORT when it cannot be; what `tracer.trace` throws when config and tensors do not fit
 */
export const describeModel = ({ checkpoint, tracer }: ModelToExport): DescribedModel => {
  const { config, tensors } = checkpoint;
  const uniformName = familyOf(config);
  // Checks every tensor and key once, in the tracer's words.
  tracer.trace(config, tensors, { batch: 1, sequence: 1 });
  const sizes = tracer.layers(config);
  const plan = planLayers(sizes);
  const [vocabulary, hidden] = tensors.get('model.embed_tokens.weight')!.shape as [number, number];
  const attends = sizes.findIndex(({ heads }) => heads > 0);
  const headDim =
    attends < 0
      ? numberAt(config, 'head_dim', hidden / numberAt(config, 'num_attention_heads', 1))
      : tensors.get(`model.layers.${attends}.self_attn.q_proj.weight`)!.shape[0]! / sizes[attends]!.heads;
  const architecture = architectureOf(uniformName, plan.uniform, [...tensors.keys()]);
  const rope = readRope(config, headDim);
  if (rope.factors && !ggufArchitectures[architecture].pairs)
    throw new SecateurError(
      'E_EXPORT',
      `llama.cpp knows the RoPE scaling of LLaMA 3 for LLaMA only, the model is ${architecture}.`,
      { hint: 'Write it as ONNX: npx secateur convert hf MODEL model.onnx' },
    );
  const window = windowOf(config, sizes.length);
  const longest = tracer.maxSequence(config);
  const context = Math.min(longest, window ?? longest);
  if (context > LONGEST_CONTEXT)
    throw new SecateurError(
      'E_EXPORT',
      `config.json has max_position_embeddings ${context}, llama.cpp takes at most ${LONGEST_CONTEXT}.`,
      { hint: 'Write the length of text that the model was trained on.' },
    );
  return {
    ...plan,
    architecture,
    hidden,
    vocabulary,
    headDim,
    context,
    epsilon: numberAt(config, 'rms_norm_eps', 1e-6),
    rope,
    tied: config.tie_word_embeddings === true,
    notes: [
      ...plan.notes,
      ...(context < longest
        ? [`llama.cpp has no sliding window for this model: the file allows the ${context} tokens of one.`]
        : []),
    ],
  };
};

const familyOf = ({ architectures }: ModelConfig): GgufArchitectureName => {
  const names: readonly unknown[] = Array.isArray(architectures) ? architectures : [];
  const found = names.find(
    (name): name is string => typeof name === 'string' && Object.hasOwn(families, name),
  );
  if (found !== undefined) return families[found]!;
  throw new SecateurError(
    'E_EXPORT',
    `config.json names the architecture ${names.join(', ') || '(none)'}, GGUF files are written for ${Object.keys(families).join(', ')}.`,
    { hint: 'Write a model of one of these.' },
  );
};

/** llama.cpp reads no biases in `qwen3`, those of q, k and v in `qwen2`, and all in `llama` and `deci`. */
const architectureOf = (
  family: GgufArchitectureName,
  uniform: boolean,
  names: readonly string[],
): GgufArchitectureName => {
  const biases = names.filter(name => name.endsWith('.bias'));
  if (family === 'qwen3') {
    if (biases.length > 0)
      throw new SecateurError(
        'E_EXPORT',
        `llama.cpp knows Qwen3 without biases, the model has ${biases[0]}.`,
        { hint: 'Write it as ONNX: npx secateur convert hf MODEL model.onnx' },
      );
    if (!uniform)
      throw new SecateurError(
        'E_EXPORT',
        'The layers differ in size, which llama.cpp cannot read in a Qwen3, whose q and k are normalised.',
        { hint: "Set export.shape to 'padded' or to 'uniform'." },
      );
    return family;
  }
  if (!uniform) return 'deci';
  return family === 'qwen2' && biases.some(name => !/\.[qkv]_proj\.bias$/.test(name)) ? 'llama' : family;
};

const numberAt = (config: ModelConfig, key: string, otherwise: number): number => {
  const value = config[key] ?? otherwise;
  if (typeof value === 'number') return value;
  throw new SecateurError(
    'E_MODEL_CONFIG',
    `config.json has ${key} ${JSON.stringify(value)}, expected a number.`,
    { hint: 'Take the config.json that was published with the model.' },
  );
};
