import path from 'node:path';
import { convertGguf, openGguf } from '@secateur/adapter-checkpoint-gguf';
import { createHuggingFaceFormat } from '@secateur/adapter-checkpoint-hf';
import { OnnxRuntimeEngine } from '@secateur/adapter-engine-onnxruntime';
import { createGgufExporter } from '@secateur/adapter-exporter-gguf';
import {
  Allocation,
  collectSignals,
  cutModel,
  executeRun,
  feedsOf,
  gateFeeds,
  gatesWithout,
  type LiveModel,
  padLora,
  Repair,
  type RepairTask,
  resumeRun,
  type Sequence,
  Tracer,
  wholePasses,
  writeShaped,
  writtenShape,
} from '@secateur/core';
import { type Graph, insertGates } from '@secateur/core/graph';
import { type Filled, fill, providedBy, type TinySettings, tinySession } from '@secateur/core/testing';
import allocationDepth from '@secateur/plugin-allocation-depth';
import repairBias from '@secateur/plugin-repair-bias';
import { llamaTracer } from '@secateur/plugin-tracer-llama';
import test, { type ExecutionContext } from 'ava';
import { openDecoder } from '../onnx/decoder-session.js';
import { exportOnnx, openModel } from '../onnx/models.js';
import { scratchFolder } from '../scratch.js';
import { openWritten, unevenUnits } from './cut-unevenly.js';
import { openTiny, tinyConfigs, writeTiny } from './tiny-checkpoint.js';

const engine = new OnnxRuntimeEngine({ threads: 1 });
test.after.always(() => engine.close());

const format = createHuggingFaceFormat();
const repair = providedBy(repairBias(), Repair, 'bias');
const shape = { batch: 2, sequence: 7 };

const run = async (
  model: LiveModel,
  ids: readonly number[],
  graph: Graph = model.graph(shape),
  feeds: ReturnType<typeof feedsOf> = {},
): Promise<Float32Array> => {
  const executable = await engine.compile(graph, { fed: [...model.fed.keys()] });
  const input_ids = { shape: [2, 7], data: BigInt64Array.from(ids, BigInt) };
  const { outputs } = await executable.run({ ...feedsOf(graph, model.fed), ...feeds, input_ids });
  await executable.release();
  return outputs.logits!.data as Float32Array;
};

const distance = (a: Float32Array, b: Float32Array): number =>
  a.reduce((max, x, i) => Math.max(max, Math.abs(x - b[i]!)), 0);

const mixed = Array.from({ length: 14 }, (_, i) => (5 * i + 3) % 23);
const constant = Array.from({ length: 14 }, () => 9);

/** A model repaired for units of every layer, as it says on calibration text of these tokens. */
const repaired = async (folder: string, family: string, adapted: boolean, ids: readonly number[]) => {
  await writeTiny(folder, tinyConfigs[family]!);
  const model = await openTiny(folder, adapted);
  const removed = unevenUnits(model);
  const groups = model.groups.filter(({ id }) => removed.has(id));
  const sequences = [0, 7].map(
    (from): Sequence => ({
      ids: Int32Array.from(ids.slice(from, from + 7)),
      targets: Int32Array.from(ids.slice(from, from + 7)),
      weights: new Float32Array(7).fill(1),
      length: 7,
    }),
  );
  const task = {
    run: { signal: new AbortController().signal, progress: () => {} },
    model,
    removed,
    groups,
    signals: (needs: Parameters<RepairTask['signals']>[0]) =>
      collectSignals({
        passes: wholePasses(engine),
        model,
        groups,
        needs: new Set(needs),
        sequences,
        batch: 2,
      }),
  } as unknown as RepairTask;
  return { dense: model, removed, model: await repair.repair(task) };
};

const llamas = ['LLaMA, multi-head, untied', 'LLaMA, grouped queries, tied', 'LLaMA, biases everywhere'];

for (const family of llamas)
  for (const adapted of [false, true])
    test(`${family}${adapted ? ', with LoRA' : ''}: what is constant is made up for exactly`, async t => {
      const scratch = scratchFolder(t);
      const { dense, model, removed } = await repaired(
        path.join(scratch, 'whole'),
        family,
        adapted,
        constant,
      );
      const { model: cut } = await cutModel(model, removed, path.join(scratch, 'cut'));
      const expected = await run(dense, constant);
      t.true(distance(expected, await run(cut, constant)) <= 1e-5);
      t.true(distance(await run(dense, mixed), await run(cut, mixed)) > 1e-3, 'and nothing else is');
      const { model: bare } = await cutModel(dense, removed, path.join(scratch, 'bare'));
      t.true(distance(expected, await run(bare, constant)) > 1e-3, 'without the repair it is not');
    });

test('closed gates, the cut model and what is written of it agree, in each format', async t => {
  const scratch = scratchFolder(t);
  const { model, removed } = await repaired(
    path.join(scratch, 'whole'),
    'LLaMA, grouped queries, tied',
    true,
    mixed,
  );
  const groups = model.groups.filter(({ id }) => removed.has(id));
  const graph = insertGates(model.graph(shape), groups, shape.batch);
  const closed = gateFeeds(groups, gatesWithout(groups, removed), shape.batch);
  const expected = await run(model, mixed, graph, closed);
  const { model: cut } = await cutModel(model, removed, path.join(scratch, 'cut'));
  t.true(distance(expected, await run(cut, mixed)) <= 1e-5);
  for (const form of ['per-layer', 'padded'] as const) {
    const written = writtenShape(cut.source, form);
    const beside = path.join(scratch, `${form}-beside`);
    await writeShaped(beside, cut, written, { merge: false });
    const again = await openWritten(beside, padLora(cut, written).state);
    t.true(distance(expected, await run(again, mixed)) <= 1e-4);
    t.is(again.source.config.attention_bias, true);
    t.is(again.source.config.mlp_bias, true);

    const folder = path.join(scratch, form);
    await writeShaped(folder, cut, written, { merge: true });
    const opened = await openModel(folder);
    const file = path.join(scratch, `${form}.gguf`);
    await createGgufExporter().export(opened, file, { dtype: 'f32' });
    const { metadata, tensors } = await openGguf(file);
    t.is(metadata.get('general.architecture'), form === 'padded' ? 'llama' : 'deci');
    t.true(['blk.0.attn_output.bias', 'blk.1.ffn_down.bias'].every(name => tensors.has(name)));
    await convertGguf(file, path.join(scratch, `${form}-back`));
    const back = await openWritten(path.join(scratch, `${form}-back`));
    t.true(distance(expected, await run(back, mixed)) <= 1e-4);
    const decode = await openDecoder(t, (await exportOnnx(opened)).files[0]!);
    const ids = [mixed.slice(0, 7), mixed.slice(7)];
    t.true(distance(expected, (await decode({ ids })).logits) <= 1e-4);
  }
});

/** A run with the repair on a tiny model in memory. */
const session = async (
  t: ExecutionContext,
  family: string,
  settings: TinySettings = {},
  ports: readonly Filled[] = [],
) => {
  const folder = path.join(scratchFolder(t), 'model');
  await writeTiny(folder, tinyConfigs[family]!);
  const { config, tensors } = await format.open(folder);
  const made = tinySession(settings, [fill(Tracer, llamaTracer), fill(Repair, repair), ...ports]);
  const read = [...tensors].map(
    async ([name, ref]) => [name, { shape: ref.shape, data: await format.read(ref) }] as const,
  );
  made.format.models.set('tiny', { config, tensors: new Map(await Promise.all(read)) });
  return made;
};

test('a run cuts, measures and writes the model with its new biases, and counts them', async t => {
  const made = await session(t, 'LLaMA, grouped queries, tied');
  const { check, parameters } = await executeRun(made);
  t.true(check.maskedVsCompact < 1e-5 && check.writtenVsCompact < 1e-5);
  const { config, tensors } = made.format.models.get('run/model')!;
  t.true(config.attention_bias && config.mlp_bias);
  t.is(
    parameters.after,
    [...tensors.values()].reduce((sum, { data }) => sum + data.length, 0),
  );
  const zero = (name: string): boolean => tensors.get(name)!.data.every(x => x === 0);
  t.true(zero('model.layers.0.self_attn.q_proj.bias') && zero('model.layers.1.mlp.up_proj.bias'));
  t.false(zero('model.layers.0.self_attn.o_proj.bias') || zero('model.layers.1.mlp.down_proj.bias'));

  const stopped = await session(t, 'LLaMA, grouped queries, tied');
  const controller = new AbortController();
  stopped.hooks.progress.tap('stop', event => {
    if (event.kind === 'stage-start' && event.stage === 'emit') controller.abort(new Error('enough'));
  });
  await t.throwsAsync(executeRun(stopped, { signal: controller.signal }));
  await resumeRun(stopped);
  t.deepEqual(stopped.format.models.get('run/model'), made.format.models.get('run/model'));
});

test('streamed, the same model comes out', async t => {
  const [whole, streamed] = [
    await session(t, 'LLaMA, grouped queries, tied'),
    await session(t, 'LLaMA, grouped queries, tied', { stream: true }),
  ];
  await executeRun(whole);
  const { engine: used } = await executeRun(streamed);
  t.true(used.streamed);
  const [expected, found] = [whole, streamed].map(({ format: own }) => own.models.get('run/model')!);
  t.deepEqual([...found!.tensors.keys()], [...expected!.tensors.keys()]);
  for (const [name, { data }] of found!.tensors)
    t.true(distance(data, expected!.tensors.get(name)!.data) <= 1e-6, name);
});

test('one kind alone gains the biases of its part alone', async t => {
  const made = await session(t, 'LLaMA, grouped queries, tied', { prune: { kinds: ['channel'] } });
  await executeRun(made);
  const { config, tensors } = made.format.models.get('run/model')!;
  t.false('attention_bias' in config);
  t.is([...tensors.keys()].filter(name => name.endsWith('.bias')).length, 2 * 3);
});

test('layers that go whole go with their biases', async t => {
  const made = await session(t, 'LLaMA, grouped queries, tied', { prune: { ratio: 0.6 } }, [
    fill(Allocation, providedBy(allocationDepth(), Allocation, 'depth')),
  ]);
  const { check } = await executeRun(made);
  t.true(check.maskedVsCompact < 1e-5 && check.writtenVsCompact < 1e-5);
  t.is(made.format.models.get('run/model')!.config.num_hidden_layers, 1);
});

test('families without such biases are refused before anything is measured', async t => {
  for (const family of [
    'Mistral, sliding window',
    'Qwen2, biases, tied',
    'Qwen3, query-key norm, grouped queries',
  ]) {
    const made = await session(t, family);
    await t.throwsAsync(executeRun(made), {
      code: 'E_CONFIG_INVALID',
      message: /have no bias in model\.layers/,
    });
    t.is(made.storage.stores.size, 0);
  }
});
