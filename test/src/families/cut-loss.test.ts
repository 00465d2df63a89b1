import path from 'node:path';
import { createHuggingFaceFormat } from '@secateur/adapter-checkpoint-hf';
import { OnnxRuntimeEngine } from '@secateur/adapter-engine-onnxruntime';
import { cutModel, type Feeds, feedsOf, gateFeeds, LiveModel } from '@secateur/core';
import { cutsOf, cutTensor, type Graph, insertGates, withLoss } from '@secateur/core/graph';
import test from 'ava';
import { scratchFolder } from '../scratch.js';
import { unevenUnits } from './cut-unevenly.js';
import { openTiny, tinyConfigs, writeTiny } from './tiny-checkpoint.js';

const engine = new OnnxRuntimeEngine({ threads: 1 });
test.after.always(() => engine.close());

const shape = { batch: 2, sequence: 7 };
const rows = shape.batch * shape.sequence;
const ids = (step: number): BigInt64Array =>
  BigInt64Array.from({ length: rows }, (_, i) => BigInt((step * i + 3) % 23));
const batch: Feeds = {
  input_ids: { shape: [2, 7], data: ids(5) },
  targets: { shape: [rows], data: ids(7) },
  weights: { shape: [rows], data: new Float32Array(rows).fill(1 / rows) },
};

const exact = { precision: 'float64', form: 'naive' } as const;

const lossOf = async (
  model: LiveModel,
  graph: Graph,
  feeds: Feeds,
  options: Partial<typeof exact>,
): Promise<number> => {
  const executable = await engine.compile(graph, options);
  const { outputs } = await executable.run({ ...feedsOf(graph, model.fed), ...batch, ...feeds });
  await executable.release();
  return outputs.loss!.data[0] as number;
};

for (const [family, config] of Object.entries(tinyConfigs))
  test(`${family}: at the cut, the loss of the gated model is that of the cut one`, async t => {
    const scratch = scratchFolder(t);
    await writeTiny(path.join(scratch, 'whole'), config);
    const model = await openTiny(path.join(scratch, 'whole'), true);
    const removed = unevenUnits(model);
    const groups = model.groups.filter(({ id }) => removed.has(id));
    const gates = new Map(
      groups.map(({ id, units }) => {
        const gone = new Set(removed.get(id));
        return [id, Float32Array.from({ length: units }, (_, unit) => (gone.has(unit) ? 0 : 1))];
      }),
    );
    const { model: small } = await cutModel(model, removed, path.join(scratch, 'cut'));
    const gated = withLoss(insertGates(model.graph(shape), groups, shape.batch));
    const cut = withLoss(small.graph(shape));
    const open = gateFeeds(groups, new Map(), shape.batch);
    const closed = gateFeeds(groups, gates, shape.batch);
    for (const [options, tolerance] of [
      [{}, 1e-5],
      [exact, 1e-12],
    ] as const) {
      const whole = await lossOf(model, gated, open, options);
      const before = await lossOf(model, gated, closed, options);
      const after = await lossOf(small, cut, {}, options);
      t.true(Math.abs(before - after) <= tolerance, `${before} ${after}`);
      t.true(Math.abs(whole - after) > 1e-3, 'what is cut does nothing');
    }
  });

for (const dtype of ['BF16', 'F16'] as const)
  test(`${dtype} weights keep their bits in the cut model, unless one was changed`, async t => {
    const scratch = scratchFolder(t);
    const config = Object.values(tinyConfigs)[0]!;
    await writeTiny(path.join(scratch, 'whole'), config);
    const whole = await openTiny(path.join(scratch, 'whole'), true);
    const layout = [...whole.source.tensors].map(([name, ref]) => ({ name, shape: ref.shape }));
    const format = createHuggingFaceFormat();
    const half = path.join(scratch, 'half');
    await format.write(half, config, layout, name => whole.weight(name), { dtype });
    const model = await openTiny(half, true);
    const removed = unevenUnits(model);
    const cuts = cutsOf(removed, model.groups);

    const { model: small } = await cutModel(model, removed, path.join(scratch, 'cut'));
    for (const [name, ref] of small.source.tensors) {
      t.is(ref.dtype, dtype);
      const kept = cutTensor(await model.weight(name), model.source.tensors.get(name)!.shape, cuts.get(name));
      t.deepEqual(await small.weight(name), kept, name);
    }
    const name = 'model.layers.0.mlp.up_proj.weight';
    const changed = new Map([[name, (await model.weight(name)).map(x => x / 3)]]);
    const mine = new LiveModel(model.source, model.lora, changed);
    const { model: float } = await cutModel(mine, removed, path.join(scratch, 'float'));
    for (const [other, ref] of float.source.tensors) t.is(ref.dtype, 'F32', other);
  });
