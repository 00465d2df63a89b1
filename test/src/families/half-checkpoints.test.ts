import path from 'node:path';
import { createHuggingFaceFormat } from '@secateur/adapter-checkpoint-hf';
import { convertLlama2c } from '@secateur/adapter-checkpoint-llama2c';
import { OnnxRuntimeEngine } from '@secateur/adapter-engine-onnxruntime';
import { createRng, type RunResult, type Tensor } from '@secateur/core';
import { gateName, insertGates, sizeOf, withLoss } from '@secateur/core/graph';
import { testIf } from '@secateur/core/testing';
import test, { type ExecutionContext } from 'ava';
import { scratchFolder } from '../scratch.js';
import { repository, sharedData } from '../shared-data.js';
import { openTiny, tinyConfigs, writeTiny } from './tiny-checkpoint.js';

const engine = new OnnxRuntimeEngine({ threads: 1 });
test.after.always(() => engine.close());

const format = createHuggingFaceFormat();
const batch = 2;
const sequence = 12;

/** The same model with its elements in another type. */
const copyAs = async (from: string, to: string, dtype: 'F32' | 'F16' | 'BF16'): Promise<string> => {
  const { config, tensors } = await format.open(from);
  const layout = [...tensors].map(([name, { shape }]) => ({ name, shape }));
  await format.write(to, config, layout, name => format.read(tensors.get(name)!), { dtype });
  return to;
};

/** Loss and gradients of one step by LoRA and gates. */
const step = async (folder: string): Promise<RunResult> => {
  const model = await openTiny(folder, true);
  const groups = model.groups.filter(({ kind }) => kind === 'kv-head' || kind === 'channel');
  const graph = withLoss(insertGates(model.graph({ batch, sequence }), groups, batch));
  const feeds: Record<string, Tensor> = {};
  for (const name of [...graph.inputs, ...model.lora.arrays.keys()]) {
    const { shape, dtype } = graph.values.get(name)!;
    const rng = createRng(5).fork(name);
    const data =
      dtype === 'int64'
        ? BigInt64Array.from({ length: sizeOf(shape) }, () => BigInt(rng.integer(23)))
        : (model.lora.arrays.get(name) ?? Float32Array.from({ length: sizeOf(shape) }, () => rng.next()));
    feeds[name] = { shape, data };
  }
  const executable = await engine.compile(graph, {
    wrt: [...model.lora.arrays.keys(), ...groups.map(gateName)],
  });
  const result = await executable.run(feeds);
  await executable.release();
  return result;
};

/** A half checkpoint computes what its numbers in float32 compute, to the bit. */
const proves = async (t: ExecutionContext, original: string): Promise<void> => {
  const folder = scratchFolder(t);
  for (const dtype of ['BF16', 'F16'] as const) {
    const half = await copyAs(original, path.join(folder, dtype), dtype);
    const rounded = await copyAs(half, path.join(folder, `${dtype}-as-F32`), 'F32');
    const found = await step(half);
    t.true(Number.isFinite(found.outputs.loss!.data[0]), dtype);
    t.deepEqual(found, await step(rounded), dtype);
  }
};

for (const [family, config] of Object.entries(tinyConfigs))
  test(`${family}: half weights give the bits of the same numbers in float32`, async t => {
    const original = path.join(scratchFolder(t), 'model');
    await writeTiny(original, config);
    await proves(t, original);
  });

test('the bundled model: half weights give the bits of the same numbers in float32', t =>
  proves(t, path.join(repository, 'examples/bundled-model/model')));

const shared = sharedData();
testIf<ExecutionContext>(
  test,
  shared !== undefined,
  'the development data is absent',
)('stories260K: half weights give the bits of the same numbers in float32', async t => {
  const story = path.join(shared!, 'models/stories260K');
  const original = path.join(scratchFolder(t), 'model');
  await convertLlama2c(path.join(story, 'stories260K.bin'), path.join(story, 'tok512.bin'), original);
  await proves(t, original);
});
