import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createOnnxFormat } from '@secateur/adapter-checkpoint-onnx';
import { OnnxRuntimeEngine } from '@secateur/adapter-engine-onnxruntime';
import type { Checkpoint, CheckpointFormat } from '@secateur/core';
import {
  type Attribute,
  compact,
  couple,
  cutsOf,
  type DenseFeeds,
  type Graph,
  outputOf,
  withLoss,
} from '@secateur/core/graph';
import { largestDifference, outputAt, slicedFeeds, zeroedFeeds } from '@secateur/core/testing';
import { llamaTracer } from '@secateur/plugin-tracer-llama';
import { onnxTracer } from '@secateur/plugin-tracer-onnx';
import test from 'ava';
import { tinyConfigs } from '../families/tiny-checkpoint.js';
import { scratchFolder } from '../scratch.js';
import { repository } from '../shared-data.js';
import { distance, exportOnnx, format, tinyToExport } from './models.js';

const engine = new OnnxRuntimeEngine({ threads: 1 });
test.after.always(() => engine.close());

const onnxFormat = createOnnxFormat();
const shape = { batch: 2, sequence: 7 };
const ids = Float64Array.from({ length: 14 }, (_, i) => (5 * i + 3) % 23);

/** Everything that a graph is fed, read from its files. */
const feedsOf = async (graph: Graph, from: CheckpointFormat): Promise<DenseFeeds> => {
  const entries = await Promise.all(
    [...graph.parameters.values()].map(
      async ({ name, shape: extents, ref }) =>
        [name, { shape: extents, data: Float64Array.from(await from.read(ref!)) }] as const,
    ),
  );
  return Object.fromEntries([...entries, ['input_ids', { shape: [2, 7], data: ids }]]);
};

const traceOf = ({ config, tensors }: Checkpoint): Graph => onnxTracer.trace(config, tensors, shape);

/** The graph with its tables and factors in float32, as a file of that type holds them. */
const inFloat32 = (graph: Graph): Graph => {
  const rounded = (value: Attribute): Attribute => (typeof value === 'number' ? Math.fround(value) : value);
  return {
    ...graph,
    constants: new Map(
      [...graph.constants].map(([name, constant]) => [
        name,
        { ...constant, data: constant.data.map(x => Math.fround(x)) },
      ]),
    ),
    nodes: graph.nodes.map(node => ({
      ...node,
      attributes: Object.fromEntries(
        Object.entries(node.attributes).map(([key, value]) => [key, rounded(value)]),
      ),
    })),
  };
};

/** What pruning sees of a graph. */
const seen = (graph: Graph) =>
  couple(graph).groups.map(({ id, kind, layer, units, unitCost, unprunable, members }) => ({
    id,
    kind,
    layer,
    units,
    unitCost,
    unprunable,
    members: members.map(({ param, axis, side }) => `${param}[${axis}] ${side}`),
  }));

/** Cut and zeroed agree for every class that may be pruned, in float64. */
const checkCuts = (
  t: { true(x: boolean, message?: string): void },
  graph: Graph,
  feeds: DenseFeeds,
): number => {
  const coupling = couple(graph);
  const whole = outputAt(graph, 'logits', feeds);
  const prunable = coupling.groups.filter(({ unprunable, units }) => unprunable === undefined && units > 1);
  for (const group of prunable) {
    const selection = new Map([[group.id, group.units > 3 ? [0, group.units - 2] : [group.units - 1]]]);
    const cuts = cutsOf(selection, coupling.groups);
    const zeroed = outputAt(graph, 'logits', zeroedFeeds(feeds, cuts));
    const cut = outputAt(compact(graph, coupling, selection), 'logits', slicedFeeds(feeds, cuts));
    t.true(largestDifference(zeroed, cut) <= 1e-9, `${group.id}: ${largestDifference(zeroed, cut)}`);
    t.true(largestDifference(zeroed, whole) > 1e-3, `${group.id} does nothing`);
  }
  return prunable.length;
};

for (const [family, config] of Object.entries(tinyConfigs))
  test(`${family}: exported and traced back, it is the same model to the last bit and to every cut`, async t => {
    const model = await tinyToExport(path.join(scratchFolder(t), 'model'), config);
    const { files } = await exportOnnx(model);
    const { checkpoint } = model;
    const original = llamaTracer.trace(checkpoint.config, checkpoint.tensors, shape);
    const opened = await onnxFormat.open(files[0]!);
    const graph = traceOf(opened);

    t.deepEqual(seen(graph), seen(original));
    t.deepEqual([...graph.parameters.keys()].sort(), [...original.parameters.keys()].sort());
    // A layer that lacks both parts leaves nothing in the file.
    const layers = llamaTracer.layers(checkpoint.config);
    t.deepEqual(
      onnxTracer.layers(opened.config),
      layers.filter(({ heads, channels }) => heads + channels > 0),
    );
    t.is(onnxTracer.maxSequence(opened.config), llamaTracer.maxSequence(checkpoint.config));

    const feeds = await feedsOf(graph, onnxFormat);
    t.deepEqual(feeds, await feedsOf(original, format));
    t.deepEqual(outputAt(graph, 'logits', feeds), outputAt(inFloat32(original), 'logits', feeds));
    t.true(checkCuts(t, graph, feeds) > 6);
    t.true(withLoss(graph).outputs.has('nll'), 'a loss can take the place of the head');
  });

test('f16: the weights are those of the file, and the groups do not change', async t => {
  const config = tinyConfigs['LLaMA, grouped queries, tied']!;
  const model = await tinyToExport(path.join(scratchFolder(t), 'model'), config);
  const [wide] = (await exportOnnx(model)).files;
  const groups = seen(traceOf(await onnxFormat.open(wide!)));
  for (const dtype of ['f16', 'bf16'] as const) {
    const [file] = (await exportOnnx(model, dtype)).files;
    t.deepEqual(seen(traceOf(await onnxFormat.open(file!))), groups);
  }
});

const fixtures = path.join(repository, 'plugins/tracer-onnx/fixtures');

test('a decoder exported by torch.onnx has the groups of its sizes and the logits of onnxruntime', async t => {
  const record = JSON.parse(readFileSync(path.join(fixtures, 'torch-llama.json'), 'utf8')) as {
    readonly ids: readonly number[];
    readonly logits: readonly number[];
  };
  t.deepEqual(record.ids, [...ids]);
  const opened = await onnxFormat.open(path.join(fixtures, 'torch-llama.onnx'));
  const graph = traceOf(opened);
  const prunable = seen(graph).filter(({ unprunable }) => unprunable === undefined);
  t.deepEqual(
    prunable.map(({ kind, layer, units, unitCost }) => [kind, layer, units, unitCost]),
    [
      ['hidden', undefined, 16, 219],
      ['kv-head', 0, 2, 16 * 4 * 6],
      ['query-head', 0, 2, 16 * 4 * 4],
      ['head-dim', undefined, 2, 384],
      ['head-dim', 0, 4, 96],
      ['channel', 0, 12, 3 * 16],
      ['kv-head', 1, 2, 16 * 4 * 6],
      ['query-head', 1, 2, 16 * 4 * 4],
      ['head-dim', 1, 4, 96],
      ['channel', 1, 12, 3 * 16],
    ],
  );
  t.is(prunable[1]!.id, 'model.model.layers.0.self_attn#kv-head');
  t.deepEqual(
    prunable[1]!.members,
    ['q', 'k', 'v', 'o'].map(
      name => `model.model.layers.0.self_attn.${name}_proj.weight[${name === 'o' ? '0] consumer' : '1] own'}`,
    ),
  );
  t.deepEqual(onnxTracer.layers(opened.config), [
    { heads: 4, kvHeads: 2, channels: 12 },
    { heads: 4, kvHeads: 2, channels: 12 },
  ]);

  const feeds = await feedsOf(graph, onnxFormat);
  t.true(distance(outputAt(graph, 'logits', feeds), record.logits) <= 1e-5);
  t.is(checkCuts(t, graph, feeds), prunable.length);

  // The graph with a loss in place of its head: what perplexity is measured with.
  const measured = withLoss(graph);
  const rows = record.ids.map((_, i) => [...record.logits.slice(23 * i, 23 * (i + 1))]);
  const nll = outputAt(measured, 'nll', {
    ...feeds,
    targets: { shape: [14], data: ids },
    weights: { shape: [14], data: new Float64Array(14).fill(1) },
  });
  const expected = rows.map(
    (row, i) => Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0)) - row[ids[i]!]!,
  );
  t.true(distance(nll, expected) <= 1e-5);

  const executable = await engine.compile(graph);
  const data = BigInt64Array.from(ids, BigInt);
  const { outputs } = await executable.run({ input_ids: { shape: [2, 7], data } });
  await executable.release();
  t.deepEqual(outputs.logits!.shape, outputOf(graph, 'logits').shape);
  t.true(distance(outputs.logits!.data as Float32Array, record.logits) <= 1e-5);
});
