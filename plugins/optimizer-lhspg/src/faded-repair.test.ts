import { cutModel, type Feeds, feedsOf, gateFeeds, LiveModel, type Selection } from '@secateur/core';
import {
  consumerOf,
  type Dense,
  evaluate,
  type Graph,
  indicesOfUnit,
  insertGates,
} from '@secateur/core/graph';
import { InterpreterEngine, openTinyModel, throwsCode } from '@secateur/core/testing';
import test from 'ava';
import { FadedRepair } from './faded-repair.js';

const shape = { batch: 2, sequence: 5 };
const ids = { shape: [2, 5], data: BigInt64Array.from({ length: 10 }, (_, i) => BigInt((7 * i + 3) % 11)) };

const model = await openTinyModel({
  bias: true,
  layers: Array(2).fill({ kvHeads: 3, queries: 2, channels: 8 }),
});
const groups = model.groups.filter(({ kind }) => kind === 'channel' || kind === 'kv-head');
const removed: Selection = new Map(groups.map(({ id, kind }, i) => [id, kind === 'channel' ? [i, 6] : [1]]));

/** Δ of a weight, [out, in]: any numbers, but none for what goes. */
const differences = new Map<string, Float64Array>();
for (const [i, group] of groups.entries()) {
  const { param, layout } = consumerOf(group)!;
  const [out, into] = model.source.tensors.get(param)!.shape as [number, number];
  const gone = new Set(removed.get(group.id)!.flatMap(unit => indicesOfUnit(layout, group.dimension, unit)));
  differences.set(
    param,
    Float64Array.from({ length: out * into }, (_, k) => (gone.has(k % into) ? 0 : 0.3 * Math.sin(k + i))),
  );
}

/** A repair's model: other weights in the place of those of o_proj and down_proj. */
const repaired = async (): Promise<LiveModel> => {
  const changed = new Map<string, Float32Array>();
  for (const [param, difference] of differences)
    changed.set(
      param,
      (await model.weight(param)).map((w, i) => w + difference[i]!),
    );
  return new LiveModel(model.source, model.lora, changed);
};

const begun = async (): Promise<FadedRepair> => {
  const repair = await FadedRepair.open({ model, groups });
  repair.begin(repair.model, await repaired());
  return repair;
};

/** Removed units at `level`, all others open. */
const gatesAt = (level: number): Feeds =>
  gateFeeds(
    groups,
    new Map(
      groups.map(({ id, units }) => [
        id,
        Float32Array.from({ length: units }, (_, unit) => (removed.get(id)!.includes(unit) ? level : 1)),
      ]),
    ),
    shape.batch,
  );

const gated = insertGates(model.graph(shape), groups, shape.batch);

test('at each share the layers give y = Linear(x) + share · x Δᵀ of what they read behind the gates', async t => {
  const repair = await begun();
  repair.at(0.9); // what came before leaves no trace
  for (const share of [0, 0.25, 0.5, 1]) {
    repair.at(share);
    const dense = new Map<string, Dense>();
    const given = { ...feedsOf(gated, repair.model.fed), ...gatesAt(1 - share), input_ids: ids };
    for (const [name, { shape: extents, data }] of Object.entries(given))
      dense.set(name, { shape: extents, data: Float64Array.from(data as ArrayLike<unknown>, Number) });
    for (const name of gated.parameters.keys())
      if (!dense.has(name))
        dense.set(name, {
          shape: model.source.tensors.get(name)!.shape,
          data: Float64Array.from(await model.weight(name)),
        });
    const found = evaluate(gated, Object.fromEntries(dense));
    for (const [param, difference] of differences) {
      const { inputs, outputs, attributes } = gated.nodes.find(node => node.inputs[1] === param)!;
      const [x, , a, b] = inputs.map(name => found.get(name)!) as [Dense, Dense, Dense, Dense];
      const bias = inputs[4] === undefined ? undefined : found.get(inputs[4])!;
      const y = found.get(outputs[0]!)!;
      const weight = await model.weight(param);
      const [tokens, into] = x.shape as [number, number];
      const [out, rank] = b.shape as [number, number];
      for (let token = 0; token < tokens; token++)
        for (let row = 0; row < out; row++) {
          let expected = bias?.data[row] ?? 0;
          for (let j = 0; j < into; j++) {
            let w = weight[row * into + j]! + share * difference[row * into + j]!;
            for (let r = 0; r < rank; r++)
              w += (attributes.scaling as number) * b.data[row * rank + r]! * a.data[r * into + j]!;
            expected += w * x.data[token * into + j]!;
          }
          t.true(Math.abs(y.data[token * out + row]! - expected) < 1e-5, `${param} at ${share}`);
        }
    }
  }
});

const logitsOf = async (of: LiveModel, graph: Graph, feeds: Feeds): Promise<Float32Array> => {
  const engine = new InterpreterEngine(ref => of.source.format.read(ref));
  const executable = await engine.compile(graph, { fed: [...of.changed.keys()] });
  const { outputs } = await executable.run({ ...feedsOf(graph, of.fed), ...feeds, input_ids: ids });
  return outputs.logits!.data as Float32Array;
};

const apart = (a: Float32Array, b: Float32Array): number =>
  a.reduce((largest, x, i) => Math.max(largest, Math.abs(x - b[i]!)), 0);

test('at the end of the way, behind closed gates, it is the model that is repaired and cut', async t => {
  const repair = await begun();
  repair.at(1);
  const masked = await logitsOf(repair.model, gated, gatesAt(0));
  const { model: small } = await cutModel(await repaired(), removed, 'cut');
  const cut = await logitsOf(small, small.graph(shape), {});
  t.true(apart(masked, cut) < 1e-5);
  repair.at(0.5);
  t.true(apart(await logitsOf(repair.model, gated, gatesAt(0)), cut) > 1e-2);
});

test('at the beginning it is the model as it was, and at the end to the bit what the repair gave', async t => {
  const repair = await begun();
  repair.at(0.7);
  repair.at(0);
  const { changed } = await repaired();
  for (const [param, weight] of repair.model.changed) {
    t.deepEqual(weight, await model.weight(param));
    t.not(weight, await model.weight(param));
  }
  repair.end();
  t.deepEqual(repair.model.changed, changed);
  repair.at(0.2); // nothing is on its way any more
  t.deepEqual(repair.model.changed, changed);
});

test('a saved way goes on to the same bytes', async t => {
  const [whole, stopped, resumed] = [await begun(), await begun(), await FadedRepair.open({ model, groups })];
  stopped.at(0.4);
  resumed.restore(structuredClone(stopped.state()));
  for (const share of [0.6, 0.8]) {
    for (const repair of [whole, resumed]) repair.at(share);
    t.deepEqual(resumed.model.changed, whole.model.changed);
  }
  for (const repair of [whole, resumed]) repair.end();
  t.deepEqual(resumed.state(), whole.state());
});

test('a weight that the repair leaves alone stays', async t => {
  const repair = await FadedRepair.open({ model, groups });
  const [param] = differences.keys();
  const { changed } = await repaired();
  const target = new Map([...repair.model.changed, [param!, changed.get(param!)!] as const]);
  repair.begin(repair.model, new LiveModel(model.source, model.lora, target));
  repair.end();
  for (const [name, weight] of repair.model.changed)
    t.deepEqual(weight, name === param ? changed.get(name) : await model.weight(name));
});

test('a repair of other weights is refused', async t => {
  const repair = await FadedRepair.open({ model, groups });
  const other = 'model.layers.0.mlp.up_proj.weight';
  const target = new LiveModel(model.source, model.lora, new Map([[other, await model.weight(other)]]));
  await throwsCode(t, () => repair.begin(repair.model, target), 'E_PLUGIN_FAILED', /up_proj/);
});
