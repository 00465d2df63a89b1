/**
 * Writes small checkpoints and adapters of every family, with the logits that secateur computes for them, for the
 * oracle `test/oracles/check_transformers.py`:
 *
 *     npm run build && node test/dist/oracles/write-cases.js FOLDER
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createHuggingFaceFormat } from '@secateur/adapter-checkpoint-hf';
import { OnnxRuntimeEngine } from '@secateur/adapter-engine-onnxruntime';
import {
  feedsOf,
  LiveModel,
  loadLora,
  type ModelConfig,
  type Selection,
  writeShaped,
  writtenShape,
} from '@secateur/core';
import { linearModules } from '@secateur/core/graph';
import { llamaTracer } from '@secateur/plugin-tracer-llama';
import { cutUnevenly, cutUnits, openWritten, wholeLayers } from '../families/cut-unevenly.js';
import { openTiny, tinyConfigs, writeTiny } from '../families/tiny-checkpoint.js';

const format = createHuggingFaceFormat();
const engine = new OnnxRuntimeEngine({ threads: 1 });
const shape = { batch: 2, sequence: 24 };
const ids = Array.from({ length: shape.batch * shape.sequence }, (_, i) => (7 * i + 3) % 23);

const base = tinyConfigs['LLaMA, grouped queries, tied']!;
const llama3 = {
  rope_type: 'llama3',
  factor: 4,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 16,
};
const configs: Readonly<Record<string, ModelConfig>> = {
  ...tinyConfigs,
  'LLaMA, RoPE scaled linearly': {
    ...base,
    rope_theta: 500,
    rope_scaling: { rope_type: 'linear', factor: 3 },
  },
  'LLaMA, RoPE of LLaMA 3': { ...base, rope_theta: 500, rope_scaling: llama3 },
};

const logitsOf = async (model: LiveModel): Promise<number[]> => {
  const graph = model.graph(shape);
  const executable = await engine.compile(graph);
  const input_ids = { shape: [shape.batch, shape.sequence], data: BigInt64Array.from(ids, BigInt) };
  const { outputs } = await executable.run({ ...feedsOf(graph, model.fed), input_ids });
  await executable.release();
  return Array.from(outputs.logits!.data, Number);
};

/** Writes the LoRA of a model as PEFT would have it, and reads it back. */
const writeAdapter = async (folder: string, model: LiveModel, rslora: boolean): Promise<LiveModel> => {
  const { lora, source } = model;
  const modules = linearModules(llamaTracer.trace(source.config, source.tensors, { batch: 1, sequence: 2 }));
  const rank = [...lora.specs.values()][0]!.rank;
  await format.writeAdapter(
    folder,
    {
      peft_type: 'LORA',
      task_type: 'CAUSAL_LM',
      base_model_name_or_path: '',
      r: rank,
      lora_alpha: 3,
      lora_dropout: 0,
      use_rslora: rslora,
      bias: 'none',
      target_modules: [...new Set([...lora.specs.keys()].map(module => module.split('.').at(-1)!))],
    },
    [...lora.arrays].map(([name, data]) => {
      const [out, into] = modules.get(name.replace(/\.lora_[AB]\.weight$/, '')) as [number, number];
      return { name, shape: name.includes('.lora_A.') ? [rank, into] : [out, rank], data };
    }),
  );
  const adapted = new Map([...modules].filter(([module]) => module !== 'lm_head'));
  return new LiveModel(source, await loadLora(await format.openAdapter(folder), adapted, format));
};

/** The first units of every layer, at most `most` of a kind and never the last. */
const firstUnits = (model: LiveModel, most: number): Selection =>
  new Map(
    model.groups
      .filter(({ kind, units }) => units > 1 && (kind === 'kv-head' || kind === 'channel'))
      .map(({ id, units }) => [id, [...Array(Math.min(most, units - 1)).keys()]]),
  );

/** A model in one of the shapes that a run can write it in, opened again. */
const writeShape = async (
  folder: string,
  model: LiveModel,
  form: 'per-layer' | 'padded',
): Promise<LiveModel> => {
  await writeShaped(folder, model, writtenShape(model.source, form), { merge: true });
  return openWritten(folder);
};

const out = process.argv[2];
if (out === undefined) throw new Error('give the folder to write to');
mkdirSync(out, { recursive: true });
const cases = [];
for (const [index, [name, config]] of Object.entries(configs).entries()) {
  const folder = (what: string): string => path.join(path.resolve(out), `${index}-${what}`);
  await writeTiny(folder('model'), config);
  const plain = await openTiny(folder('model'), false);
  const uneven = await cutUnevenly(plain, folder('uneven'));
  const exact = await logitsOf(uneven);
  for (const form of ['per-layer', 'padded'] as const) {
    await writeShape(folder(form), uneven, form);
    cases.push({ name: `${name}, cut unevenly, ${form}`, model: folder(form), logits: exact });
  }
  // Stock classes build all layers alike.
  if ('per_layer_config' in config) continue;
  const rslora = index % 2 === 1;
  const adapted = await writeAdapter(folder('adapter'), await openTiny(folder('model'), true), rslora);
  cases.push(
    { name, model: folder('model'), logits: await logitsOf(plain) },
    {
      name: `${name}, with ${rslora ? 'rsLoRA' : 'LoRA'}`,
      model: folder('model'),
      adapter: folder('adapter'),
      logits: await logitsOf(adapted),
    },
  );
  const shorter = await cutUnits(plain, wholeLayers(plain, [0]), folder('shorter'));
  await writeShape(folder('without-layer'), shorter, 'per-layer');
  cases.push({
    name: `${name}, without its first layer`,
    model: folder('without-layer'),
    logits: await logitsOf(shorter),
  });
  // Of 4 heads, 3 are left after one cut: they do not divide the hidden size of 16.
  for (const most of [1, 2]) {
    const cut = await cutUnits(plain, firstUnits(plain, most), folder(`cut-${most}`));
    const uniform = await writeShape(folder(`uniform-${most}`), cut, 'per-layer');
    const { num_attention_heads: heads, model_type: type } = uniform.source.config;
    cases.push({
      name: `${name}, cut alike to ${heads} heads (${type})`,
      model: folder(`uniform-${most}`),
      logits: await logitsOf(cut),
    });
  }
}
writeFileSync(path.join(out, 'cases.json'), JSON.stringify({ ...shape, ids, cases }));
await engine.close();
