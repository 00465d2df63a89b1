import path from 'node:path';
import { OnnxRuntimeEngine } from '@secateur/adapter-engine-onnxruntime';
import {
  cutModel,
  feedsOf,
  type LiveModel,
  type RemovalGroup,
  type Selection,
  type Tensor,
} from '@secateur/core';
import { compact, couple, cutsOf, type Dense, type DenseFeeds, type Graph } from '@secateur/core/graph';
import { slicedFeeds, zeroedFeeds } from '@secateur/core/testing';
import test from 'ava';
import { scratchFolder } from '../scratch.js';
import { openTiny, tinyConfigs, writeTiny } from './tiny-checkpoint.js';

const engine = new OnnxRuntimeEngine({ threads: 1 });
test.after.always(() => engine.close());

const shape = { batch: 2, sequence: 7 };
const input_ids: Tensor = {
  shape: [2, 7],
  data: BigInt64Array.from({ length: 14 }, (_, i) => BigInt((5 * i + 3) % 23)),
};

/** Largest absolute difference that DESIGN.md allows between two forms of one cut. */
const tolerance = 1e-4;

const logitsOf = async (graph: Graph, arrays: ReadonlyMap<string, Float32Array>): Promise<Float32Array> => {
  const fed = [...arrays.keys()].filter(name => graph.parameters.has(name));
  const executable = await engine.compile(graph, { fed });
  const { outputs } = await executable.run({ ...feedsOf(graph, arrays), input_ids });
  await executable.release();
  return outputs.logits!.data as Float32Array;
};

const distance = (a: Float32Array, b: Float32Array): number =>
  a.length === b.length
    ? a.reduce((max, x, i) => Math.max(max, Math.abs(x - b[i]!)), 0)
    : Number.POSITIVE_INFINITY;

/** Every parameter that a selection touches, with zeros and cut; the rest of the adapter as it is. */
const versionsOf = async (model: LiveModel, selection: Selection) => {
  const cuts = cutsOf(selection, model.groups);
  const graph = model.graph(shape);
  const whole: Record<string, Dense> = {};
  for (const name of new Set([...model.lora.arrays.keys(), ...cuts.keys()])) {
    const data = model.lora.arrays.get(name) ?? (await model.weight(name));
    whole[name] = { shape: graph.values.get(name)!.shape, data: Float64Array.from(data) };
  }
  return { cuts, zeroed: arraysOf(zeroedFeeds(whole, cuts)), sliced: arraysOf(slicedFeeds(whole, cuts)) };
};

const arraysOf = (feeds: DenseFeeds): Map<string, Float32Array> =>
  new Map(Object.entries(feeds).map(([name, { data }]) => [name, Float32Array.from(data)]));

/** config.json can say these; widths of heads and of the residual stream are proven and not offered. */
const isWritable = ({ kind }: RemovalGroup): boolean =>
  kind === 'kv-head' || kind === 'query-head' || kind === 'channel';

for (const [family, config] of Object.entries(tinyConfigs))
  for (const adapted of [false, true])
    test(`${family}${adapted ? ', with LoRA' : ''}: zeroed, cut and written agree for every class`, async t => {
      const scratch = scratchFolder(t);
      await writeTiny(path.join(scratch, 'whole'), config);
      const model = await openTiny(path.join(scratch, 'whole'), adapted);
      const graph = model.graph(shape);
      const coupling = couple(graph);
      const whole = await logitsOf(graph, model.lora.arrays);
      const prunable = model.groups.filter(({ unprunable, units }) => unprunable === undefined && units > 1);
      t.true(new Set(prunable.map(({ kind }) => kind)).has('channel'));
      t.true(prunable.some(({ kind }) => kind === 'hidden'));

      for (const group of prunable) {
        const units = group.units > 3 ? [0, group.units - 2] : [group.units - 1];
        const selection = new Map([[group.id, units]]);
        const { zeroed, sliced } = await versionsOf(model, selection);
        const withZeros = await logitsOf(graph, zeroed);
        const small = compact(graph, coupling, selection);
        const cut = await logitsOf(small, await allCut(model, small, sliced));
        t.true(distance(withZeros, cut) <= tolerance, `${group.id}: ${distance(withZeros, cut)}`);
        t.true(distance(withZeros, whole) > 1e-3, `${group.id} does nothing`);
        if (!isWritable(group)) continue;
        const { model: written } = await cutModel(model, selection, path.join(scratch, group.id));
        const read = await logitsOf(written.graph(shape), written.lora.arrays);
        t.true(
          distance(read, withZeros) <= tolerance,
          `${group.id} as written: ${distance(read, withZeros)}`,
        );
        t.true(distance(read, cut) <= tolerance);
      }
    });

/** What the cut graph must be fed: it holds no reference to the bytes of what was cut. */
const allCut = async (
  model: LiveModel,
  small: Graph,
  sliced: ReadonlyMap<string, Float32Array>,
): Promise<Map<string, Float32Array>> => {
  const arrays = new Map(sliced);
  for (const { name, ref } of small.parameters.values())
    if (!ref && !arrays.has(name)) arrays.set(name, await model.weight(name));
  return arrays;
};
