import { createHuggingFaceFormat } from '@secateur/adapter-checkpoint-hf';
import { readTensors, type Sizes } from './llama2c-file.test.data.js';

type Block = 'attention norm' | 'q' | 'k' | 'v' | 'o' | 'mlp norm' | 'gate' | 'up' | 'down';

/** A LLaMA as plain arrays, with the order in which RoPE pairs the channels of a head. */
export interface ReferenceLlama extends Sizes {
  readonly pairs: 'neighbours' | 'halves';
  readonly embedding: Float32Array;
  readonly finalNorm: Float32Array;
  readonly head: Float32Array;
  block(layer: number, name: Block): Float32Array;
}

/** The model of a llama2.c file, as it lies there. */
export const fromCheckpoint = (bytes: Buffer, version: 0 | 1): ReferenceLlama => {
  const { sizes, tensors } = readTensors(bytes, version);
  const stored: Readonly<Partial<Record<Block, string>>> = { gate: 'w1', down: 'w2', up: 'w3' };
  return {
    ...sizes,
    pairs: 'neighbours',
    embedding: tensors.get('embedding')!,
    finalNorm: tensors.get('final norm')!,
    head: tensors.get('head') ?? tensors.get('embedding')!,
    block(layer, name) {
      const all = tensors.get(stored[name] ?? name)!;
      const size = all.length / sizes.layers;
      return all.subarray(layer * size, (layer + 1) * size);
    },
  };
};

/** The model of a Hugging Face folder. */
export const fromFolder = async (folder: string): Promise<ReferenceLlama> => {
  const format = createHuggingFaceFormat();
  const { config, tensors } = await format.open(folder);
  const weights = new Map<string, Float32Array>();
  for (const [name, ref] of tensors) weights.set(name, await format.read(ref));
  const names: Readonly<Record<Block, string>> = {
    'attention norm': 'input_layernorm',
    q: 'self_attn.q_proj',
    k: 'self_attn.k_proj',
    v: 'self_attn.v_proj',
    o: 'self_attn.o_proj',
    'mlp norm': 'post_attention_layernorm',
    gate: 'mlp.gate_proj',
    up: 'mlp.up_proj',
    down: 'mlp.down_proj',
  };
  const number = (key: string) => config[key] as number;
  const embedding = weights.get('model.embed_tokens.weight')!;
  return {
    dim: number('hidden_size'),
    hidden: number('intermediate_size'),
    layers: number('num_hidden_layers'),
    heads: number('num_attention_heads'),
    kvHeads: number('num_key_value_heads'),
    vocabulary: number('vocab_size'),
    sequence: number('max_position_embeddings'),
    pairs: 'halves',
    embedding,
    finalNorm: weights.get('model.norm.weight')!,
    head: config.tie_word_embeddings === true ? embedding : weights.get('lm_head.weight')!,
    block: (layer, name) => weights.get(`model.layers.${layer}.${names[name]}.weight`)!,
  };
};

/** Reads token after token; each call gives the logits behind that token. Float64 throughout, loops only. */
export const referenceSteps = (model: ReferenceLlama): ((token: number) => number[]) => {
  const { dim, heads, kvHeads, layers } = model;
  const size = dim / heads;
  const keys: number[][][] = Array.from({ length: layers }, () => []);
  const values: number[][][] = Array.from({ length: layers }, () => []);
  let position = 0;
  return token => {
    let x = [...model.embedding.subarray(token * dim, (token + 1) * dim)];
    for (let layer = 0; layer < layers; layer++) {
      const normed = normalise(x, model.block(layer, 'attention norm'));
      const q = rotate(multiply(model.block(layer, 'q'), normed), size, position, model.pairs);
      keys[layer]!.push(rotate(multiply(model.block(layer, 'k'), normed), size, position, model.pairs));
      values[layer]!.push(multiply(model.block(layer, 'v'), normed));
      const mixed = q.map(() => 0);
      for (let head = 0; head < heads; head++) {
        const from = head * size;
        const shared = Math.floor(head / (heads / kvHeads)) * size;
        const scores = keys[layer]!.map(key => {
          let sum = 0;
          for (let i = 0; i < size; i++) sum += q[from + i]! * key[shared + i]!;
          return Math.exp(sum / Math.sqrt(size));
        });
        const total = scores.reduce((a, b) => a + b, 0);
        for (const [i, score] of scores.entries())
          for (let c = 0; c < size; c++)
            mixed[from + c]! += (score / total) * values[layer]![i]![shared + c]!;
      }
      x = add(x, multiply(model.block(layer, 'o'), mixed));
      const narrowed = normalise(x, model.block(layer, 'mlp norm'));
      const up = multiply(model.block(layer, 'up'), narrowed);
      const gated = multiply(model.block(layer, 'gate'), narrowed).map(
        (g, i) => (g / (1 + Math.exp(-g))) * up[i]!,
      );
      x = add(x, multiply(model.block(layer, 'down'), gated));
    }
    position++;
    return multiply(model.head, normalise(x, model.finalNorm));
  };
};

const multiply = (matrix: Float32Array, vector: readonly number[]): number[] => {
  const columns = vector.length;
  return Array.from({ length: matrix.length / columns }, (_, row) => {
    let sum = 0;
    for (let i = 0; i < columns; i++) sum += matrix[row * columns + i]! * vector[i]!;
    return sum;
  });
};

const add = (a: readonly number[], b: readonly number[]): number[] => a.map((value, i) => value + b[i]!);

const normalise = (x: readonly number[], weight: Float32Array): number[] => {
  const scale = 1 / Math.sqrt(x.reduce((sum, value) => sum + value * value, 0) / x.length + 1e-5);
  return x.map((value, i) => value * scale * weight[i]!);
};

const rotate = (
  x: readonly number[],
  size: number,
  position: number,
  pairs: ReferenceLlama['pairs'],
): number[] => {
  const out = [...x];
  for (let start = 0; start < x.length; start += size)
    for (let i = 0; i < size / 2; i++) {
      const [first, second] =
        pairs === 'neighbours' ? [start + 2 * i, start + 2 * i + 1] : [start + i, start + i + size / 2];
      const angle = position / 10000 ** ((2 * i) / size);
      out[first] = x[first]! * Math.cos(angle) - x[second]! * Math.sin(angle);
      out[second] = x[first]! * Math.sin(angle) + x[second]! * Math.cos(angle);
    }
  return out;
};
