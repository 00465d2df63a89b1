import path from 'node:path';
import { convertGguf, openGguf } from '@secateur/adapter-checkpoint-gguf';
import { OnnxRuntimeEngine } from '@secateur/adapter-engine-onnxruntime';
import { createGgufExporter } from '@secateur/adapter-exporter-gguf';
import {
  cutModel,
  feedsOf,
  gateFeeds,
  gatesWithout,
  type LiveModel,
  type ModelConfig,
  padLora,
  type Selection,
  withoutEmptiedBiases,
  writeShaped,
  writtenShape,
} from '@secateur/core';
import { type Graph, insertGates } from '@secateur/core/graph';
import { llamaTracer } from '@secateur/plugin-tracer-llama';
import test from 'ava';
import { openDecoder } from '../onnx/decoder-session.js';
import { exportOnnx, openModel } from '../onnx/models.js';
import { scratchFolder } from '../scratch.js';
import { openWritten, unevenUnits, wholeLayers } from './cut-unevenly.js';
import { openTiny, tinyConfigs, writeTiny } from './tiny-checkpoint.js';

const engine = new OnnxRuntimeEngine({ threads: 1 });
test.after.always(() => engine.close());

const shape = { batch: 2, sequence: 7 };
const input_ids = {
  shape: [2, 7],
  data: BigInt64Array.from({ length: 14 }, (_, i) => BigInt((5 * i + 3) % 23)),
};

const run = async (
  model: LiveModel,
  graph: Graph = model.graph(shape),
  feeds: Parameters<Awaited<ReturnType<OnnxRuntimeEngine['compile']>>['run']>[0] = {},
): Promise<Float32Array> => {
  const executable = await engine.compile(graph, { fed: [...model.fed.keys()] });
  const { outputs } = await executable.run({ ...feedsOf(graph, model.fed), ...feeds, input_ids });
  await executable.release();
  return outputs.logits!.data as Float32Array;
};

const distance = (a: Float32Array, b: Float32Array): number =>
  a.reduce((max, x, i) => Math.max(max, Math.abs(x - b[i]!)), 0);

/** The logits with closed gates. */
const masked = (model: LiveModel, removed: Selection): Promise<Float32Array> => {
  const groups = model.groups.filter(({ id }) => removed.has(id));
  const graph = insertGates(model.graph(shape), groups, shape.batch);
  return run(model, graph, gateFeeds(groups, gatesWithout(groups, removed), shape.batch));
};

const { 'LLaMA, layers without attention or MLP': _, ...families } = tinyConfigs;
const windows: Readonly<Record<string, ModelConfig>> = {
  'Mistral, windows by layer': {
    ...tinyConfigs['Mistral, sliding window'],
    layer_types: ['sliding_attention', 'full_attention', 'sliding_attention', 'full_attention'],
  },
  'Qwen2, windows from the third layer on': {
    ...tinyConfigs['Qwen2, biases, tied'],
    use_sliding_window: true,
    sliding_window: 3,
    max_window_layers: 2,
  },
};

for (const [family, config] of Object.entries({ ...families, ...windows }))
  for (const layers of [[0], [3], [1, 2]])
    test(`${family}: without layers ${layers} the written model is a stock one and computes what closed gates do`, async t => {
      const scratch = scratchFolder(t);
      await writeTiny(path.join(scratch, 'whole'), { ...config, num_hidden_layers: 4 });
      const whole = await openTiny(path.join(scratch, 'whole'), true);
      const removed = wholeLayers(whole, layers);
      const model = withoutEmptiedBiases(whole, removed);
      const expected = await masked(model, removed);
      t.true(distance(expected, await run(whole)) > 1e-3, 'the layers do nothing');
      const { model: compact } = await cutModel(model, removed, path.join(scratch, 'cut'));
      t.true(distance(expected, await run(compact)) <= 1e-5);
      t.is(llamaTracer.layers(compact.source.config).length, 4, 'the numbers of layers stay');

      for (const form of ['per-layer', 'padded'] as const) {
        const written = writtenShape(compact.source, form);
        t.regex(written.notes.join(), new RegExp(`layers? ${layers.join(', ')} of 4`));
        for (const merge of [true, false]) {
          const folder = path.join(scratch, `${form}${merge}`);
          await writeShaped(folder, compact, written, { merge });
          const again = await openWritten(folder, merge ? undefined : padLora(compact, written).state);
          const difference = distance(expected, await run(again));
          // Folding the adapter in sums in another order.
          t.true(difference <= (merge ? 1e-4 : 1e-5), `${form} ${merge}: ${difference}`);
          const { config: stock } = again.source;
          t.is(stock.num_hidden_layers, 4 - layers.length);
          t.false('per_layer_config' in stock || 'auto_map' in stock);
          t.is(again.count().model, compact.count().model);
        }
      }
      const bare = await openTiny(path.join(scratch, 'whole'), false);
      t.is(bare.count().model - compact.count().model, bare.count().blocks * (layers.length / 4));
    });

/** Written as it is by default: folder, and logits of the cut model. */
const written = async (scratch: string, config: ModelConfig, removedOf: (model: LiveModel) => Selection) => {
  await writeTiny(path.join(scratch, 'whole'), { ...config, num_hidden_layers: 4 });
  const whole = await openTiny(path.join(scratch, 'whole'), false);
  const removed = removedOf(whole);
  const { model } = await cutModel(withoutEmptiedBiases(whole, removed), removed, path.join(scratch, 'cut'));
  const folder = path.join(scratch, 'written');
  await writeShaped(folder, model, writtenShape(model.source, 'per-layer'), { merge: true });
  return { folder, expected: await run(model) };
};

for (const [family, architecture] of [
  ['LLaMA, grouped queries, tied', 'llama'],
  ['LLaMA, biases everywhere', 'llama'],
  ['Qwen2, biases, tied', 'qwen2'],
  ['Qwen3, query-key norm, grouped queries', 'qwen3'],
] as const)
  test(`${family}: without a layer, GGUF and ONNX are those of a stock model`, async t => {
    const scratch = scratchFolder(t);
    const { folder, expected } = await written(scratch, tinyConfigs[family]!, model =>
      wholeLayers(model, [1]),
    );
    const model = await openModel(folder);
    const file = path.join(scratch, 'model.gguf');
    const { notes } = await createGgufExporter().export(model, file, { dtype: 'f32' });
    t.false(
      notes.some(note => note.includes('zeros') || note.includes('eft out')),
      notes.join(),
    );
    t.is((await openGguf(file)).metadata.get('general.architecture'), architecture);
    await convertGguf(file, path.join(scratch, 'back'));
    t.true(distance(expected, await run(await openWritten(path.join(scratch, 'back')))) <= 1e-5);
    const decode = await openDecoder(t, (await exportOnnx(model)).files[0]!);
    const ids = [0, 1].map(row => Array.from(input_ids.data.subarray(7 * row, 7 * row + 7), Number));
    t.true(distance(expected, (await decode({ ids })).logits) <= 1e-4);
  });

test('where the other layers differ, their own numbers say so', async t => {
  const { folder, expected } = await written(
    scratchFolder(t),
    tinyConfigs['LLaMA, grouped queries, tied']!,
    model => new Map([...unevenUnits(model), ...wholeLayers(model, [1])]),
  );
  const { source } = await openWritten(folder);
  t.deepEqual(
    llamaTracer.layers(source.config).map(({ channels }) => channels),
    [10, 10, 7],
  );
  t.true('auto_map' in source.config);
  t.is(distance(expected, await run(await openWritten(folder))), 0);
});

test('a model that loses every layer is written with all of them', async t => {
  const { folder, expected } = await written(
    scratchFolder(t),
    tinyConfigs['LLaMA, grouped queries, tied']!,
    model => wholeLayers(model, [0, 1, 2, 3]),
  );
  const again = await openWritten(folder);
  t.is(again.source.config.num_hidden_layers, 4);
  t.is(distance(expected, await run(again)), 0);
});
