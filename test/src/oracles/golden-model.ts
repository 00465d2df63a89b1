import { LiveModel, type Sequence } from '@secateur/core';
import { type LoraSpec, type Shape, sizeOf } from '@secateur/core/graph';
import { MemoryFormat } from '@secateur/core/testing';
import { llamaTracer } from '@secateur/plugin-tracer-llama';
import { llamaShapes } from '../llama-shape.js';

/** The model of `test/oracles/golden_saliency.py`: what stands here stands there too. */
const config = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: 16,
  intermediate_size: 24,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  vocab_size: 19,
  max_position_embeddings: 32,
  rms_norm_eps: 1e-5,
  rope_theta: 10000,
  tie_word_embeddings: false,
};
const spec: LoraSpec = { rank: 2, scaling: 2 };
/** k_proj has no LoRA, so that scores by LoRA have something to leave out. */
const adapted = /\.(?:q|v|o|gate|up|down)_proj\.weight$/;

/** Uniform numbers of the "minimal standard" generator x ← 48271 x mod 2³¹ − 1, exact in float64, to float32. */
const drawn = (name: string, shape: Shape, seed: number): Float32Array => {
  const modulus = 2 ** 31 - 1;
  let state = seed;
  const next = (): number => {
    state = (48271 * state) % modulus;
    return (2 * state) / modulus - 1;
  };
  for (let i = 0; i < 16; i++) next();
  return Float32Array.from({ length: sizeOf(shape) }, () =>
    name.includes('norm') ? 1 + next() / 4 : next() / 2,
  );
};

/** A LLaMA of two layers with grouped queries and a trained LoRA, in memory. */
export const openGoldenModel = async (): Promise<LiveModel> => {
  const base = llamaShapes(config);
  const factors = [...base].flatMap(([name, [out, into]]): [string, Shape][] => {
    const module = name.replace(/\.weight$/, '');
    return adapted.test(name)
      ? [
          [`${module}.lora_A.weight`, [spec.rank, into!]],
          [`${module}.lora_B.weight`, [out!, spec.rank]],
        ]
      : [];
  });
  const arrays = new Map(
    [...base, ...factors].map(([name, shape], i) => [name, { shape, data: drawn(name, shape, 7919 + i) }]),
  );
  const format = new MemoryFormat();
  format.models.set('golden', {
    config,
    tensors: new Map([...base.keys()].map(name => [name, arrays.get(name)!])),
  });
  const { tensors } = await format.open('golden');
  const modules = [...base.keys()].filter(name => adapted.test(name));
  return new LiveModel(
    { config, tensors, tracer: llamaTracer, format },
    {
      specs: new Map(modules.map(name => [name.replace(/\.weight$/, ''), spec])),
      arrays: new Map(factors.map(([name]) => [name, arrays.get(name)!.data])),
    },
  );
};

/** The second is a record with a prompt of two tokens, the third is two tokens shorter than a sequence. */
export const goldenSequences: readonly Sequence[] = [
  {
    ids: Int32Array.of(3, 7, 1, 12, 5, 18),
    targets: Int32Array.of(7, 1, 12, 5, 18, 2),
    weights: Float32Array.of(1, 1, 1, 1, 1, 1),
    length: 6,
  },
  {
    ids: Int32Array.of(4, 4, 9, 16, 0, 11),
    targets: Int32Array.of(4, 9, 16, 0, 11, 8),
    weights: Float32Array.of(0, 0, 1, 1, 1, 1),
    length: 6,
  },
  {
    ids: Int32Array.of(10, 6, 13, 15, 0, 0),
    targets: Int32Array.of(6, 13, 15, 17, 0, 0),
    weights: Float32Array.of(1, 1, 1, 1, 0, 0),
    length: 4,
  },
];
