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
import { feedsOf, LiveModel, loadLora, type ModelConfig, type Selection } from '@secateur/core';
import { cutShape, cutsOf, cutTensor, linearModules } from '@secateur/core/graph';
import { llamaTracer } from '@secateur/plugin-tracer-llama';
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

/** The same units cut from every layer, so that stock transformers can open what is written. */
const writeCut = async (
  folder: string,
  model: LiveModel,
  removed: Selection,
  own: ModelConfig = {},
): Promise<LiveModel> => {
  const cuts = cutsOf(removed, model.groups);
  const { tensors, config } = model.source;
  const layout = [...tensors].map(([name, ref]) => ({ name, shape: cutShape(ref.shape, cuts.get(name)) }));
  await format.write(
    folder,
    { ...llamaTracer.resize(config, new Map(layout.map(({ name, shape: cut }) => [name, cut]))), ...own },
    layout,
    async name => cutTensor(await model.weight(name), tensors.get(name)!.shape, cuts.get(name)),
  );
  return openTiny(folder, false);
};

const out = process.argv[2];
if (out === undefined) throw new Error('give the folder to write to');
mkdirSync(out, { recursive: true });
const cases = [];
for (const [index, [name, config]] of Object.entries(configs).entries()) {
  const folder = (what: string): string => path.join(path.resolve(out), `${index}-${what}`);
  await writeTiny(folder('model'), config);
  const plain = await openTiny(folder('model'), false);
  const adapted = await writeAdapter(
    folder('adapter'),
    await openTiny(folder('model'), true),
    index % 2 === 1,
  );
  const cut = await writeCut(folder('cut'), plain, firstUnits(plain, 2));
  cases.push(
    { name, model: folder('model'), logits: await logitsOf(plain) },
    {
      name: `${name}, with ${index % 2 === 1 ? 'rsLoRA' : 'LoRA'}`,
      model: folder('model'),
      adapter: folder('adapter'),
      logits: await logitsOf(adapted),
    },
    { name: `${name}, cut`, model: folder('cut'), logits: await logitsOf(cut) },
  );
}
// transformers refuses a LLaMA whose heads do not divide its hidden size; the same weights are a Mistral without a window.
const whole = path.join(path.resolve(out), '0-model');
const uneven = path.join(path.resolve(out), 'uneven');
const dense = await openTiny(whole, false);
const asMistral = { architectures: ['MistralForCausalLM'], model_type: 'mistral', sliding_window: null };
const mistral = await writeCut(uneven, dense, firstUnits(dense, 1), asMistral);
cases.push({
  name: 'LLaMA, cut to 3 heads for a hidden size of 16, as Mistral',
  model: uneven,
  logits: await logitsOf(mistral),
});
writeFileSync(path.join(out, 'cases.json'), JSON.stringify({ ...shape, ids, cases }));
await engine.close();
