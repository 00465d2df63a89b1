/**
 * `npm run bench:quantised -- [--batch 4] [--sequence 256] [--chunks 8] [--steps 3] [--threads 1] [--dtype BF16] [--json]`
 *
 * What `train.weights` costs and saves on SmolLM2-135M (`npm run fetch:smollm2`): perplexity of the forward pass, cosine
 * of the LoRA gradient with that of the stored weights, processor time of a step, bytes of the frozen matrices. Forms
 * that are not offered are computed on dequantised weights, so their time is not told. Times are minima of runs that
 * alternate.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { convertGguf } from '@secateur/adapter-checkpoint-gguf';
import { createHuggingFaceFormat } from '@secateur/adapter-checkpoint-hf';
import { OnnxRuntimeEngine } from '@secateur/adapter-engine-onnxruntime';
import { RunFolder } from '@secateur/adapter-run-folder';
import { createHuggingFaceTokenizerFormat } from '@secateur/adapter-tokenizer-hf';
import {
  batchFeeds,
  createRng,
  type Executable,
  type Feeds,
  feedsOf,
  freshLora,
  LiveModel,
  type QuantisedRef,
  quantisedWeights,
  type ResolvedConfig,
  type Sequence,
} from '@secateur/core';
import { linearModules, withLoss } from '@secateur/core/graph';
import { llamaTracer } from '@secateur/plugin-tracer-llama';
import { repository } from '../shared-data.js';
import { smollm2File } from '../smollm2/file.js';
import { tableOf } from './table.js';

const { values } = parseArgs({
  options: {
    batch: { type: 'string', default: '4' },
    sequence: { type: 'string', default: '256' },
    chunks: { type: 'string', default: '8' },
    steps: { type: 'string', default: '3' },
    threads: { type: 'string', default: '1' },
    dtype: { type: 'string', default: 'BF16' },
    json: { type: 'boolean', default: false },
  },
});
const shape = { batch: Number(values.batch), sequence: Number(values.sequence) };

if (!existsSync(smollm2File)) throw new Error(`there is no ${smollm2File}: npm run fetch:smollm2`);
const folder = mkdtempSync(path.join(tmpdir(), 'secateur-quantised-'));
const engine = new OnnxRuntimeEngine({ threads: Number(values.threads) });

/** Rounded to the nearest multiple of each block's scale, its largest magnitude over 127 or 7. */
const inBlocks = (weight: Float32Array, columns: number, bits: number, block: number): Float32Array => {
  const top = 2 ** (bits - 1) - 1;
  const made = new Float32Array(weight.length);
  if (columns % block !== 0) throw new Error(`${columns} columns are no whole blocks of ${block}`);
  for (let start = 0; start < weight.length; start += block) {
    const run = weight.subarray(start, start + block);
    const scale = Math.fround(run.reduce((most, x) => Math.max(most, Math.abs(x)), 0) / top);
    if (scale > 0)
      made.set(
        run.map(x => scale * Math.round(x / scale)),
        start,
      );
  }
  return made;
};

interface Form {
  readonly name: string;
  readonly executable: Executable;
  readonly fixed: Feeds;
  readonly bytes: number;
  readonly isOffered: boolean;
}

try {
  await convertGguf(smollm2File, path.join(folder, 'model'), { dtype: values.dtype as 'F32' | 'BF16' });
  const format = createHuggingFaceFormat();
  const { config, tensors } = await format.open(path.join(folder, 'model'));
  const source = { config, tensors, tracer: llamaTracer, format };
  const bare = new LiveModel(source, { specs: new Map(), arrays: new Map() });
  const modules = [...linearModules(bare.graph(shape))].filter(([name]) => /\.\d+\./.test(name));
  const lora = freshLora(new Map(modules), { rank: 8, scaling: 2 }, createRng(1));
  const model = new LiveModel(source, lora);
  const graph = withLoss(model.graph(shape));
  const params = modules.map(([module]) => `${module}.weight`);

  const open = async (
    name: string,
    isOffered: boolean,
    bytes: number,
    quantised?: ReadonlyMap<string, QuantisedRef>,
    fed: ReadonlyMap<string, Float32Array> = new Map(),
  ): Promise<Form> => {
    const options = { wrt: [...lora.arrays.keys()], fed: [...fed.keys()], quantised };
    const executable = await engine.compile(graph, options);
    return { name, executable, fixed: feedsOf(graph, fed), bytes, isOffered };
  };
  const run = { config: { train: { weights: 'int8' } } as ResolvedConfig, store: new RunFolder(folder) };
  const eightBits = run.store.path('frozen.int8');
  const quantised = await quantisedWeights(run, model, graph, eightBits);
  const rounded = async (bits: number, block: number): Promise<Form> => {
    const fed = new Map<string, Float32Array>();
    let bytes = 0;
    for (const param of params) {
      const columns = tensors.get(param)!.shape[1]!;
      const weight = await model.weight(param);
      bytes += (weight.length * bits) / 8 + (4 * weight.length) / block;
      fed.set(param, inBlocks(weight, columns, bits, block));
    }
    return open(`${bits} bits, blocks of ${block}`, false, bytes, undefined, fed);
  };
  const storedBytes = params.reduce((sum, param) => sum + tensors.get(param)!.byteLength, 0);
  const forms = [
    await open('stored', true, storedBytes),
    await open('int8', true, statSync(eightBits).size, quantised),
    await rounded(8, 64),
    await rounded(4, 64),
    await rounded(4, 32),
  ];

  const tokenizer = await createHuggingFaceTokenizerFormat().open(path.join(folder, 'model'));
  const text = readFileSync(path.join(repository, 'examples/bundled-model/text/moby-dick.txt'), 'utf8');
  const ids = tokenizer.encode(text.slice(20_000, 20_000 + 8 * shape.sequence * Number(values.chunks)));
  const sequences = Array.from({ length: Number(values.chunks) }, (_, i): Sequence => {
    const at = i * shape.sequence;
    return {
      ids: Int32Array.from(ids.slice(at, at + shape.sequence)),
      targets: Int32Array.from(ids.slice(at + 1, at + shape.sequence + 1)),
      weights: new Float32Array(shape.sequence).fill(1),
      length: shape.sequence,
    };
  });
  if (ids.length <= Number(values.chunks) * shape.sequence) throw new Error('the text is too short');

  const losses = forms.map(() => 0);
  for (let at = 0; at < sequences.length; at += shape.batch) {
    const rows = sequences.slice(at, at + shape.batch);
    const { feeds } = batchFeeds(rows, shape);
    for (const [i, { executable, fixed }] of forms.entries()) {
      const { outputs } = await executable.run({ ...fixed, ...feedsOf(graph, lora.arrays), ...feeds });
      losses[i]! += (Number(outputs.loss!.data[0]) * rows.length) / sequences.length;
    }
  }

  // A fresh B is zero, and A has no gradient then.
  const rng = createRng(2);
  const trained = new Map(
    [...lora.arrays].map(([name, data]) => [name, data.map(x => (x === 0 ? 0.01 * rng.normal() : x))]),
  );
  const { feeds } = batchFeeds(sequences.slice(0, shape.batch), shape);
  const seconds = forms.map(() => Number.POSITIVE_INFINITY);
  const gradients: Feeds[] = [];
  for (let step = 0; step <= Number(values.steps); step++)
    for (const [i, { executable, fixed, isOffered }] of forms.entries()) {
      if (step > 0 && !isOffered) continue;
      const start = process.cpuUsage();
      const result = await executable.run({ ...fixed, ...feedsOf(graph, trained), ...feeds });
      const { user, system } = process.cpuUsage(start);
      seconds[i] = Math.min(seconds[i]!, (user + system) / 1e6);
      gradients[i] ??= result.gradients;
    }

  const dot = (a: Feeds, b: Feeds, names: readonly string[]): number => {
    let sum = 0;
    for (const name of names) {
      const [x, y] = [a[name]!.data as Float32Array, b[name]!.data as Float32Array];
      for (let i = 0; i < x.length; i++) sum += x[i]! * y[i]!;
    }
    return sum;
  };
  const names = [...trained.keys()];
  const cosine = (a: Feeds, b: Feeds, of: readonly string[]): number =>
    dot(a, b, of) / Math.sqrt(dot(a, a, of) * dot(b, b, of));
  const rows = forms.map(({ name, bytes, isOffered }, i) => ({
    weights: name,
    perplexity: Math.exp(losses[i]!),
    'gradient cosine': cosine(gradients[0]!, gradients[i]!, names),
    'worst matrix': Math.min(...names.map(of => cosine(gradients[0]!, gradients[i]!, [of]))),
    'gradient length': Math.sqrt(
      dot(gradients[i]!, gradients[i]!, names) / dot(gradients[0]!, gradients[0]!, names),
    ),
    'step CPU s': isOffered ? seconds[i]! : undefined,
    'of stored': isOffered ? seconds[i]! / seconds[0]! : undefined,
    MiB: bytes / 2 ** 20,
  }));
  if (values.json)
    process.stdout.write(`${JSON.stringify({ ...shape, dtype: values.dtype, rows }, null, 2)}\n`);
  else {
    const shown = (cell: string | number | undefined): string =>
      typeof cell === 'number' ? cell.toPrecision(5) : (cell ?? '–');
    const cells = rows.map(row =>
      Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, shown(cell)])),
    );
    process.stdout.write(`${tableOf(cells)}\n`);
  }
} finally {
  await engine.close();
  rmSync(folder, { recursive: true });
}
