import path from 'node:path';
import { createHuggingFaceFormat } from '@secateur/adapter-checkpoint-hf';
import { Allocation, executeRun, PruneOptimizer, resumeRun, SaliencyScorer, Tracer } from '@secateur/core';
import { type Filled, fill, providedBy, type TinySettings, tinySession } from '@secateur/core/testing';
import allocationDepth from '@secateur/plugin-allocation-depth';
import optimizerLhspg from '@secateur/plugin-optimizer-lhspg';
import saliencyBlockInfluence from '@secateur/plugin-saliency-block-influence';
import { llamaTracer } from '@secateur/plugin-tracer-llama';
import test, { type ExecutionContext } from 'ava';
import { scratchFolder } from '../scratch.js';
import { tinyConfigs, writeTiny } from './tiny-checkpoint.js';

const format = createHuggingFaceFormat();

/** A run on a LLaMA of 4 layers in memory, which drops whole layers by block influence. */
const session = async (
  t: ExecutionContext,
  settings: TinySettings,
  ports: readonly Filled[] = [],
  family = 'LLaMA, grouped queries, tied',
) => {
  const folder = path.join(scratchFolder(t), 'model');
  await writeTiny(folder, { ...tinyConfigs[family], num_hidden_layers: 4 });
  const { config, tensors } = await format.open(folder);
  const made = tinySession(settings, [
    fill(Tracer, llamaTracer),
    fill(SaliencyScorer, providedBy(saliencyBlockInfluence(), SaliencyScorer, 'block-influence')),
    fill(Allocation, providedBy(allocationDepth(), Allocation, 'depth')),
    ...ports,
  ]);
  const read = [...tensors].map(
    async ([name, ref]) => [name, { shape: ref.shape, data: await format.read(ref) }] as const,
  );
  made.format.models.set('tiny', { config, tensors: new Map(await Promise.all(read)) });
  return made;
};

for (const family of ['LLaMA, grouped queries, tied', 'LLaMA, biases everywhere'])
  for (const merge of [true, false])
    test(`${family}, ${merge ? 'merged' : 'adapter beside'}: a quarter of the blocks is one layer of four`, async t => {
      const made = await session(t, { prune: { ratio: 0.25 }, export: { merge } }, [], family);
      const { layers, removed, check, output } = await executeRun(made);
      t.is(removed.blocks, 0.25);
      const gone = layers.findIndex(({ channels }) => channels === 0);
      t.deepEqual(
        layers.map(({ heads, kvHeads, channels }) => [heads, kvHeads, channels]),
        layers.map((_, i) => (i === gone ? [0, 0, 0] : [4, 2, 12])),
      );
      t.true(check.maskedVsCompact < 1e-5 && check.writtenVsCompact < 1e-5);
      t.deepEqual(output.notes, [
        `left out, since they have neither attention nor MLP: layer ${gone} of 4; those behind move up`,
      ]);
      const written = made.format.models.get('run/model')!;
      t.is(written.config.num_hidden_layers, 3);
      t.false('per_layer_config' in written.config || 'auto_map' in written.config);
      const modules = made.format.adapters.get('run/adapter')?.map(({ name }) => name) ?? [];
      t.is(modules.length, merge ? 0 : 2 * 7 * 3);
      t.false(modules.some(name => name.includes('.layers.3.')));
    });

test('a uniform shape takes whole layers, and the same of each that stays', async t => {
  const made = await session(t, { prune: { ratio: 0.5, ranking: 'uniform' }, export: { shape: 'uniform' } });
  const { layers, check } = await executeRun(made);
  t.deepEqual(
    layers.map(({ channels }) => channels).sort((a, b) => a - b),
    [0, 0, 12, 12],
  );
  t.true(check.writtenVsCompact < 1e-5);
  const mixed = await session(t, { prune: { ratio: 0.4, ranking: 'uniform' }, export: { shape: 'uniform' } });
  const report = await executeRun(mixed);
  t.is(new Set(report.layers.map(({ channels }) => channels)).size, 2);
  t.is(mixed.format.models.get('run/model')!.config.num_hidden_layers, 3);
});

test('a budget beyond the minima is met by whole layers', async t => {
  const made = await session(t, { prune: { ratio: 0.75, minKvHeads: 2, minChannels: 12 } });
  t.is((await executeRun(made)).removed.blocks, 0.75);
});

test('a method that cuts as it goes loses layers in several steps', async t => {
  const made = await session(t, { prune: { ratio: 0.5 } }, [
    fill(PruneOptimizer, providedBy(optimizerLhspg({ shrink: true }), PruneOptimizer, 'lhspg')),
  ]);
  const { layers, removed, check } = await executeRun(made);
  t.is(removed.blocks, 0.5);
  t.is(layers.filter(({ channels }) => channels === 0).length, 2);
  t.true(check.maskedVsCompact < 1e-4 && check.writtenVsCompact < 1e-5);
});

test('stopped behind the cut, it goes on with the adapter of the layers that are left', async t => {
  const whole = await session(t, { prune: { ratio: 0.25 } });
  await executeRun(whole);
  const made = await session(t, { prune: { ratio: 0.25 } });
  const controller = new AbortController();
  made.hooks.progress.tap('stop', event => {
    if (event.kind === 'stage-start' && event.stage === 'emit') controller.abort(new Error('enough'));
  });
  await t.throwsAsync(executeRun(made, { signal: controller.signal }));
  await resumeRun(made);
  t.deepEqual(made.format.models.get('run/model'), whole.format.models.get('run/model'));
});
