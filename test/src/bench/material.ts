import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { createHuggingFaceFormat } from '@secateur/adapter-checkpoint-hf';
import { createRng } from '@secateur/core';
import { linearModules, loraNames, sizeOf } from '@secateur/core/graph';
import { llamaTracer } from '@secateur/plugin-tracer-llama';
import { writeRandomModel } from './random-model.js';
import { configOf, type Size } from './sizes.js';

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
  if (model === undefined) await writeRandomModel(material.model, configOf(size), 'F32');
  await writeAdapter(material.adapter, material.model, rank);
  writeBatch(material.batch, size);
  return material;
};
