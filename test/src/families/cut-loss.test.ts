import path from 'node:path';
import { OnnxRuntimeEngine } from '@secateur/adapter-engine-onnxruntime';
import { cutModel, type Feeds, feedsOf, gateFeeds, type LiveModel } from '@secateur/core';
import { type Graph, insertGates, withLoss } from '@secateur/core/graph';
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
