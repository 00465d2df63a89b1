/**
 * Trains the bundled model from nothing through the engine of this repository, then a LoRA adapter on the
 * instructions. Writes `model/`, `adapter/` and `training.json`.
 *
 *     npm run build && node examples/bundled-model/train.mjs [--tokens 8000000]
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createHuggingFaceFormat } from '@secateur/adapter-checkpoint-hf';
import { createOnnxRuntimeEngine } from '@secateur/adapter-engine-onnxruntime';
import { createTextFileReader } from '@secateur/adapter-text';
import { createHuggingFaceTokenizerFormat } from '@secateur/adapter-tokenizer-hf';
import {
  BatchStream,
  batchFeeds,
  createRng,
  freshLora,
  LiveModel,
  LossMeter,
  Trainer,
  tokeniseSource,
  warmupCosine,
} from '@secateur/core';
import { linearModules, withLoss } from '@secateur/core/graph';
import { llamaTracer } from '@secateur/plugin-tracer-llama';
import { loadSources, splitSource } from './corpus.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({
  options: { tokens: { type: 'string', default: '8000000' }, threads: { type: 'string', default: '2' } },
});

const seed = 7;
const batch = 16;
const sequence = 128;
const peak = 4e-3;
const config = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: 128,
  intermediate_size: 352,
  num_hidden_layers: 6,
  num_attention_heads: 8,
  num_key_value_heads: 4,
  head_dim: 16,
  vocab_size: 2048,
  max_position_embeddings: 512,
  rms_norm_eps: 1e-5,
  rope_theta: 10000,
  hidden_act: 'silu',
  tie_word_embeddings: true,
  bos_token_id: 0,
  eos_token_id: 1,
  torch_dtype: 'bfloat16',
};

const rng = createRng(seed);
const format = createHuggingFaceFormat();
const engine = createOnnxRuntimeEngine({ threads: Number(values.threads) });
const tokenizer = await createHuggingFaceTokenizerFormat().open(path.join(here, 'model'));

/** Shapes of the weights, found by asking the tracer for one after the other. */
const shapesOf = () => {
  const {
    hidden_size: d,
    intermediate_size: f,
    head_dim: h,
    num_attention_heads: q,
    num_key_value_heads: kv,
  } = config;
  const layer = i => [
    [`model.layers.${i}.input_layernorm.weight`, [d]],
    [`model.layers.${i}.self_attn.q_proj.weight`, [q * h, d]],
    [`model.layers.${i}.self_attn.k_proj.weight`, [kv * h, d]],
    [`model.layers.${i}.self_attn.v_proj.weight`, [kv * h, d]],
    [`model.layers.${i}.self_attn.o_proj.weight`, [d, q * h]],
    [`model.layers.${i}.post_attention_layernorm.weight`, [d]],
    [`model.layers.${i}.mlp.gate_proj.weight`, [f, d]],
    [`model.layers.${i}.mlp.up_proj.weight`, [f, d]],
    [`model.layers.${i}.mlp.down_proj.weight`, [d, f]],
  ];
  return [
    ['model.embed_tokens.weight', [config.vocab_size, d]],
    ...Array.from({ length: config.num_hidden_layers }, (_, i) => layer(i)).flat(),
    ['model.norm.weight', [d]],
  ];
};

/** Normal with deviation 0.02, smaller where a branch joins the residual stream; norms start at 1. */
const initial = (name, shape) => {
  const size = shape.reduce((product, extent) => product * extent, 1);
  if (shape.length === 1) return new Float32Array(size).fill(1);
  const branch = /o_proj|down_proj/.test(name);
  const deviation = branch ? 0.02 / Math.sqrt(2 * config.num_hidden_layers) : 0.02;
  const stream = rng.fork(name);
  return Float32Array.from({ length: size }, () => deviation * stream.normal());
};

const text = (name, content) => ({ name, kind: 'text', documents: [{ text: content }], hash: '' });
const options = { sequence, chunk: sequence + 1, vocabulary: config.vocab_size };
const sources = loadSources().map(source => {
  const parts = splitSource(source.text);
  return tokeniseSource(text(source.name, parts.train), tokenizer, {
    ...options,
    validation: text(source.name, parts.validation),
  });
});

const shapes = shapesOf();
const weights = new Map(shapes.map(([name, shape]) => [name, initial(name, shape)]));
const layout = shapes.map(([name, shape]) => ({ name, shape }));
const scratch = path.join(tmpdir(), `secateur-bundled-${process.pid}`);
await format.write(scratch, config, layout, async name => weights.get(name));
const checkpoint = await format.open(scratch);
const source = { config, tensors: checkpoint.tensors, tracer: llamaTracer, format };
const none = { specs: new Map(), arrays: new Map() };
const started = Date.now();

/** Mean loss of each source on at most 256 validation sequences. */
const validate = async (model, of) => {
  const meter = await LossMeter.open(engine, model, { batch, sequence });
  const losses = {};
  for (const { name, validation } of of) losses[name] = (await meter.mean(validation.slice(0, 256))).loss;
  await meter.close();
  return losses;
};
const minutes = () => Math.round((Date.now() - started) / 6000) / 10;
const say = line => process.stdout.write(`${line}\n`);

// Both sources in equal parts: the speeches are eight times as long as the book.
const steps = Math.round(Number(values.tokens) / (batch * sequence));
const learningRate = warmupCosine(peak, steps, { warmup: 0.02, floor: 0.02 });
const batches = new BatchStream(sources, rng.fork('batches'), batch, sequence);
const model = new LiveModel(source, none, weights);
const trainer = await Trainer.open(engine, withLoss(model.graph({ batch, sequence })), weights, new Map(), {
  betas: [0.9, 0.95],
  weightDecay: 0.05,
});
let smooth = 0;
for (let step = 0; step < steps; step++) {
  const rows = Array.from({ length: batch }, (_, row) =>
    batches.from(sources[row % 2], step * (batch / 2) + Math.floor(row / 2)),
  );
  const loss = await trainer.step(batchFeeds(rows, { batch, sequence }).feeds, learningRate(step));
  smooth = step === 0 ? loss : 0.98 * smooth + 0.02 * loss;
  if ((step + 1) % 250 === 0)
    say(`step ${step + 1} of ${steps}  loss ${smooth.toFixed(3)}  ${minutes()} min`);
}
await trainer.close();
const pretrained = await validate(model, sources);
await format.write(path.join(here, 'model'), config, layout, async name => weights.get(name), {
  dtype: 'BF16',
});
say(`model: validation loss ${JSON.stringify(pretrained)}`);

// The adapter learns the instructions on top of the model as it was written.
const written = await format.open(path.join(here, 'model'));
const base = { config, tensors: written.tensors, tracer: llamaTracer, format };
const reader = createTextFileReader();
const instructions = tokeniseSource(
  await reader.read('instructions', path.join(here, 'text/instructions.jsonl')),
  tokenizer,
  {
    ...options,
    validation: await reader.read('instructions', path.join(here, 'text/instructions.validation.jsonl')),
  },
);
const modules = new Map(
  [...linearModules(llamaTracer.trace(config, written.tensors, { batch: 1, sequence: 2 }))].filter(
    ([name]) => name !== 'lm_head',
  ),
);
const rank = 8;
const adapted = new LiveModel(base, freshLora(modules, { rank, scaling: 2 }, rng.fork('lora')));
const tuner = await Trainer.open(engine, withLoss(adapted.graph({ batch, sequence })), adapted.lora.arrays);
// Half of each batch is the text that the model knows, or the adapter would learn to forget it.
const half = batch / 2;
const tuning = new BatchStream(sources, rng.fork('instructions'), batch, sequence);
const adapterSteps = Math.round((4 * instructions.train.length) / half);
const rate = warmupCosine(2e-3, adapterSteps);
for (let step = 0; step < adapterSteps; step++) {
  const rows = Array.from({ length: half }, (_, row) => tuning.from(instructions, step * half + row));
  const replay = Array.from({ length: half }, (_, row) =>
    tuning.from(sources[row % 2], step * (half / 2) + Math.floor(row / 2)),
  );
  await tuner.step(batchFeeds([...rows, ...replay], { batch, sequence }).feeds, rate(step));
}
await tuner.close();
const adaptedLosses = await validate(adapted, [...sources, instructions]);
const plainLosses = await validate(new LiveModel(base, none), [...sources, instructions]);
await format.writeAdapter(
  path.join(here, 'adapter'),
  {
    peft_type: 'LORA',
    task_type: 'CAUSAL_LM',
    r: rank,
    lora_alpha: 2 * rank,
    lora_dropout: 0,
    bias: 'none',
    target_modules: ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'],
  },
  [...adapted.lora.arrays].map(([name, data]) => {
    const [out, into] = modules.get(name.replace(/\.lora_[AB]\.weight$/, ''));
    return { name, shape: name.includes('.lora_A.') ? [rank, into] : [out, rank], data };
  }),
);

const perplexities = losses =>
  Object.fromEntries(Object.entries(losses).map(([name, loss]) => [name, Number(Math.exp(loss).toFixed(2))]));
const record = {
  command: 'node examples/bundled-model/train.mjs',
  seed,
  batch,
  sequence,
  learningRate: peak,
  tokens: steps * batch * sequence,
  parameters: [...weights.values()].reduce((sum, data) => sum + data.length, 0),
  minutes: minutes(),
  validationPerplexity: { model: perplexities(plainLosses), withAdapter: perplexities(adaptedLosses) },
};
mkdirSync(here, { recursive: true });
writeFileSync(path.join(here, 'training.json'), `${JSON.stringify(record, undefined, 2)}\n`);
rmSync(scratch, { recursive: true, force: true });
say(JSON.stringify(record, undefined, 2));
await engine.close();
