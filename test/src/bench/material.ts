import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { createHuggingFaceFormat } from '@secateur/adapter-checkpoint-hf';
import { createRng, type ModelConfig } from '@secateur/core';
import { linearModules, loraNames, type Shape, sizeOf } from '@secateur/core/graph';
import { llamaTracer } from '@secateur/plugin-tracer-llama';
import type { Size } from './sizes.js';

/** What both sides of the bench read: a model folder, a PEFT adapter, and a batch. */
export interface Material {
  readonly model: string;
  readonly adapter: string;
  readonly batch: string;
}

/** The batch as a file; both lists are row-major [batch, sequence]. */
export interface BatchFile {
  readonly batch: number;
  readonly sequence: number;
  readonly ids: readonly number[];
  readonly targets: readonly number[];
}

const format = createHuggingFaceFormat();

/**
 * Writes a LLaMA checkpoint of that size as a model folder. Its weights are random float32 and all differ: a runtime that
 * merges equal ones would look better than it is.
 */
const writeModel = async (folder: string, size: Size): Promise<void> => {
  const shapes = shapesOf(size);
  const uniform = xorshift(0x2545f491);
  await format.write(
    folder,
    configOf(size),
    [...shapes].map(([name, shape]) => ({ name, shape })),
    async name => {
      const shape = shapes.get(name)!;
      const mean = shape.length === 1 ? 1 : 0;
      const data = new Float32Array(sizeOf(shape));
      for (let i = 0; i < data.length; i++) data[i] = mean + uniform() * 0.02 * Math.sqrt(3);
      return data;
    },
  );
};

/** The config.json of that size. */
export const configOf = (size: Size): ModelConfig => ({
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: size.width,
  intermediate_size: size.ff,
  num_hidden_layers: size.layers,
  num_attention_heads: size.heads,
  num_key_value_heads: size.kvHeads,
  vocab_size: size.vocabulary,
  max_position_embeddings: Math.max(2048, size.sequence),
  rms_norm_eps: 1e-5,
  rope_theta: 10000,
  hidden_act: 'silu',
  tie_word_embeddings: false,
  torch_dtype: 'float32',
});

/** Its parameters. */
export const shapesOf = ({
  width,
  layers,
  heads,
  kvHeads,
  ff,
  vocabulary,
}: Size): ReadonlyMap<string, Shape> => {
  const kvWidth = (width / heads) * kvHeads;
  const shapes = new Map<string, Shape>([['model.embed_tokens.weight', [vocabulary, width]]]);
  for (let layer = 0; layer < layers; layer++) {
    const add = (name: string, ...shape: number[]) =>
      shapes.set(`model.layers.${layer}.${name}.weight`, shape);
    add('input_layernorm', width);
    add('self_attn.q_proj', width, width);
    add('self_attn.k_proj', kvWidth, width);
    add('self_attn.v_proj', kvWidth, width);
    add('self_attn.o_proj', width, width);
    add('post_attention_layernorm', width);
    add('mlp.gate_proj', ff, width);
    add('mlp.up_proj', ff, width);
    add('mlp.down_proj', width, ff);
  }
  return shapes.set('model.norm.weight', [width]).set('lm_head.weight', [vocabulary, width]);
};

/** Writes an adapter on every linear layer but the head, B random too so that A has a gradient, with α = 2 r. */
const writeAdapter = async (folder: string, model: string, rank: number): Promise<void> => {
  const { config, tensors } = await format.open(model);
  const modules = linearModules(llamaTracer.trace(config, tensors, { batch: 1, sequence: 2 }));
  const rng = createRng(1);
  const factor = (name: string, shape: readonly [number, number], bound: number) => {
    const stream = rng.fork(name);
    const draw = (): number => bound * (2 * stream.next() - 1);
    return { name, shape, data: Float32Array.from({ length: sizeOf(shape) }, draw) };
  };
  const named = [...modules].filter(([module]) => module !== 'lm_head');
  await format.writeAdapter(
    folder,
    {
      peft_type: 'LORA',
      task_type: 'CAUSAL_LM',
      r: rank,
      lora_alpha: 2 * rank,
      lora_dropout: 0,
      bias: 'none',
      target_modules: [...new Set(named.map(([module]) => module.slice(module.lastIndexOf('.') + 1)))],
    },
    named.flatMap(([module, shape]) => {
      const [out, into] = shape as [number, number];
      const { a, b } = loraNames(module);
      return [factor(a, [rank, into], into ** -0.5), factor(b, [out, rank], 0.02)];
    }),
  );
};

/** Writes a batch of random tokens, each position predicting the next. */
const writeBatch = (file: string, { batch, sequence, vocabulary }: Size): void => {
  const rng = createRng(2);
  const rows = Array.from({ length: batch }, () =>
    Array.from({ length: sequence + 1 }, () => rng.integer(vocabulary)),
  );
  const content: BatchFile = {
    batch,
    sequence,
    ids: rows.flatMap(row => row.slice(0, -1)),
    targets: rows.flatMap(row => row.slice(1)),
  };
  writeFileSync(file, JSON.stringify(content));
};

/** Model, adapter and batch in a folder; `model` is a checkpoint to use in place of a random one. */
export const writeMaterial = async (
  folder: string,
  size: Size,
  { rank, model }: { readonly rank: number; readonly model?: string },
): Promise<Material> => {
  const material = {
    model: model ?? path.join(folder, 'model'),
    adapter: path.join(folder, 'adapter'),
    batch: path.join(folder, 'batch.json'),
  };
  if (model === undefined) await writeModel(material.model, size);
  await writeAdapter(material.adapter, material.model, rank);
  writeBatch(material.batch, size);
  return material;
};

/** Uniform in [-1, 1): a billion numbers are needed for the largest size. */
const xorshift = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state / 0x80000000;
  };
};
