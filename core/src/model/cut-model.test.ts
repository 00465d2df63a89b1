import test from 'ava';
import type { Selection } from '../domain/removal-group.js';
import { tinyFamilies } from '../graph/fixtures/tiny-decoder.js';
import type { Graph } from '../graph/graph.js';
import { insertGates } from '../graph/insert-gates.js';
import { withLoss } from '../graph/with-loss.js';
import type { Feeds, RunResult } from '../ports/engine.js';
import { InterpreterEngine } from '../testing/interpreter-engine.js';
import { openTinyModel } from '../testing/tiny-model.js';
import { gateFeeds } from '../training/loss-meter.js';
import { feedsOf } from '../training/trainer.js';
import { arrayCuts } from './array-cuts.js';
import { cutModel, openCut } from './cut-model.js';
import { LiveModel } from './live-model.js';

const shape = { batch: 2, sequence: 5 };
const rows = shape.batch * shape.sequence;
const batch: Feeds = {
  input_ids: {
    shape: [2, 5],
    data: BigInt64Array.from({ length: rows }, (_, i) => BigInt((7 * i + 3) % 11)),
  },
  targets: { shape: [rows], data: BigInt64Array.from({ length: rows }, (_, i) => BigInt((5 * i + 1) % 11)) },
  weights: { shape: [rows], data: new Float32Array(rows).fill(1 / rows) },
};

/** Loss and gradients by the adapter, in float64 and without any fused form. */
const lossOf = async (model: LiveModel, graph: Graph, feeds: Feeds): Promise<RunResult> => {
  const engine = new InterpreterEngine(ref => model.source.format.read(ref));
  const executable = await engine.compile(graph, {
    wrt: [...model.lora.arrays.keys()],
    fed: [...model.changed.keys()],
    precision: 'float64',
    form: 'naive',
  });
  return executable.run({ ...feedsOf(graph, model.fed), ...feeds });
};

/** Every second unit of what may be cut, of heads as many as leave one. */
const some = (model: LiveModel): Selection =>
  new Map(
    model.groups
      .filter(({ kind, unprunable }) => unprunable === undefined && ['kv-head', 'channel'].includes(kind))
      .map(({ id, units }, i) => [
        id,
        [...Array(units).keys()].filter(unit => unit % 2 === i % 2 && units > 1),
      ]),
  );

for (const [family, options] of Object.entries(tinyFamilies))
  test(`${family}: closed gates and the cut model have one loss and one gradient`, async t => {
    const model = await openTinyModel(options);
    const removed = some(model);
    const gated = model.groups.filter(({ id }) => removed.get(id)?.length);
    t.true(gated.length >= 2);
    const gates = new Map(
      gated.map(({ id, units }) => [
        id,
        Float32Array.from({ length: units }, (_, unit) => (removed.get(id)!.includes(unit) ? 0 : 1)),
      ]),
    );
    const whole = await lossOf(model, withLoss(insertGates(model.graph(shape), gated, shape.batch)), {
      ...batch,
      ...gateFeeds(gated, gates, shape.batch),
    });
    const { model: small } = await cutModel(model, removed, 'cut');
    t.true(small.count().model < model.count().model);
    const cut = await lossOf(small, withLoss(small.graph(shape)), batch);

    const loss = (result: RunResult): number => result.outputs.loss!.data[0] as number;
    t.true(Math.abs(loss(whole) - loss(cut)) <= 1e-12, `${loss(whole)} ${loss(cut)}`);
    const { cut: without, restore } = arrayCuts(model, removed);
    for (const name of model.lora.arrays.keys()) {
      const dense = whole.gradients[name]!.data as Float64Array;
      const own = cut.gradients[name]!.data as Float64Array;
      const survivors = without(name, dense);
      t.is(survivors.length, own.length);
      t.true(
        survivors.every((x, i) => Math.abs(x - own[i]!) <= 1e-12),
        name,
      );
      // What is gone has no gradient: it counts in no norm.
      const isLeft = restore(name, new Float32Array(own.length).fill(1));
      t.true(
        dense.every((x, i) => isLeft[i] === 1 || Math.abs(x) <= 1e-12),
        name,
      );
    }
  });

test('weights that were changed are in the folder, and no longer changed', async t => {
  const { source, lora } = await openTinyModel();
  const name = 'model.layers.0.mlp.up_proj.weight';
  const mine = Float32Array.from({ length: 48 }, (_, i) => i);
  const model = new LiveModel(source, lora, new Map([[name, mine]]));
  const { model: small, checkpoint } = await cutModel(
    model,
    new Map([['model.layers.0.mlp#channel', [0, 1, 2, 3]]]),
    'folder',
  );
  t.is(small.changed.size, 0);
  t.is(checkpoint.folder, 'folder');
  t.deepEqual(await small.weight(name), mine.slice(32));
  const again = await openCut(source, 'folder', small.lora);
  t.deepEqual(await again.model.weight(name), mine.slice(32));
  t.deepEqual(await model.weight(name), mine);
});
