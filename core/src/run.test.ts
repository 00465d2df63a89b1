import test from 'ava';
import type { BatchStream } from './data/batch-stream.js';
import { stepFeeds } from './data/sequence.js';
import type { Report } from './domain/report.js';
import type { Graph } from './graph/graph.js';
import { withLoss } from './graph/with-loss.js';
import { LiveModel } from './model/live-model.js';
import { cloneLora } from './model/lora-state.js';
import type { CheckpointFormat } from './ports/checkpoint.js';
import { Engine } from './ports/engine.js';
import { Evaluator } from './ports/evaluator.js';
import { type Importer, Importer as ImporterPort } from './ports/importer.js';
import { PruneOptimizer } from './ports/prune-optimizer.js';
import { Recovery } from './ports/recovery.js';
import type { RunStore } from './ports/run-store.js';
import { SaliencyScorer } from './ports/saliency.js';
import { Sampler } from './ports/sampler.js';
import { TextReader } from './ports/text.js';
import { executeRun, resumeRun } from './run.js';
import type { RunContext } from './run-context.js';
import { tinyModel } from './testing/tiny-model.js';
import { fill, type TinySession, type TinySettings, tinySession } from './testing/tiny-session.js';
import { WriteLimit } from './testing/write-limit.js';
import type { Token } from './token.js';
import { Trainer } from './training/trainer.js';

/** Trains the adapter for some steps and saves its state after each: what a well-behaved plugin does. */
const train = async (
  run: RunContext,
  start: LiveModel,
  batches: BatchStream,
  stage: string,
  steps: number,
): Promise<LiveModel> => {
  const model = new LiveModel(start.source, cloneLora(start.lora), start.changed);
  const saved = await run.store.load(`${stage}.partial`);
  const graph = withLoss(model.graph(batches.shape));
  const trainer = await Trainer.open(run.engine, graph, model.lora.arrays);
  let first = 0;
  if (saved) {
    const { step, adamStep } = saved.json as { step: number; adamStep: number };
    first = step;
    for (const [name, data] of model.lora.arrays) data.set(saved.tensors[name]!);
    trainer.optimizer.restore(adamStep, saved.tensors);
  }
  for (let step = first; step < steps; step++) {
    run.signal.throwIfAborted();
    const loss = await trainer.step(stepFeeds(batches.at(step), batches.shape), 0.02);
    const { step: adamStep, tensors } = trainer.optimizer.state();
    const arrays = { ...Object.fromEntries(model.lora.arrays), ...tensors };
    await run.store.save(`${stage}.partial`, { json: { step: step + 1, adamStep }, tensors: arrays });
    run.hooks.afterStep.call({ stage, step: step + 1, steps, loss, learningRate: 0.02 });
  }
  return model;
};

const training = [
  fill(PruneOptimizer, {
    async prune({ run, model, batches, score, select, quota }) {
      const trained = await train(run, model, batches, 'prune', 3);
      return { removed: await select(await score(trained), quota), model: trained, tokens: 36, losses: [] };
    },
  }),
  fill(Recovery, {
    async recover({ run, model, batches, tokens }) {
      return { model: await train(run, model, batches, 'recover', 3), rounds: [], losses: [], tokens };
    },
  }),
];

const settings: TinySettings = { prune: { ratio: 0.4 }, export: { merge: false } };
const session = (own: TinySettings = settings): TinySession => tinySession(own, training);

/** Everything that a run wrote. */
const written = ({ format }: TinySession) => ({
  model: format.models.get('run/model'),
  adapter: format.adapters.get('run/adapter'),
});

/** A report without what a clock or a process measured. */
const timeless = ({ stages, ...report }: Report) => ({ ...report, stages: stages.map(({ name }) => name) });

const whole = session();
const report = await executeRun(whole);

test('the report says what is gone and what it was', t => {
  const { parameters, removed, layers, check, flops, perplexity } = report;
  t.is(parameters.before, 1272);
  t.is(parameters.blocks.before, 1088);
  t.is(parameters.before - parameters.after, parameters.blocks.before - parameters.blocks.after);
  t.true(Math.abs(removed.blocks - 0.4) <= 24 / 1088);
  t.is(removed.model, 1 - parameters.after / parameters.before);
  t.true(flops.after < flops.before);
  t.is(flops.sequence, 6);
  for (const { before, kvHeads, channels } of layers) {
    t.deepEqual(before, { heads: 4, kvHeads: 2, channels: 6 });
    t.true(kvHeads >= 1 && channels >= 1);
  }
  t.true(check.maskedVsCompact <= 1e-5 && check.writtenVsCompact === 0);
  t.deepEqual(Object.keys(perplexity), ['hills', 'waves']);
  for (const { dense, pruned, recovered, tokens } of Object.values(perplexity)) {
    t.is(tokens, 24);
    t.is(new Set([dense, pruned, recovered]).size, 3);
  }
  const cost = { 'kv-head': 192, channel: 24 };
  const gone = Object.entries(report.removedUnits).reduce(
    (sum, [id, units]) => sum + units.length * cost[id.split('#')[1] as keyof typeof cost],
    0,
  );
  t.is(gone, parameters.before - parameters.after);
});

test('the report names its stages, inputs, engine and outputs', t => {
  t.deepEqual(
    report.stages.map(({ name }) => name),
    [
      'load',
      'evaluate-dense',
      'knowledge',
      'prune',
      'cut',
      'evaluate-pruned',
      'recover',
      'evaluate-recovered',
      'emit',
    ],
  );
  t.deepEqual(report.inputs, { model: 'tiny', adapter: null, text: { hills: 'hills', waves: 'waves' } });
  t.is(report.engine.name, 'interpreter');
  t.deepEqual(report.training.tokens, { pruning: 36, recovery: 144 - 36 });
  t.deepEqual([report.version, report.preset, report.seed], [1, 'tiny', 1]);
  t.deepEqual(report.output, { model: 'model', adapter: 'adapter', files: [], notes: [] });
});

test('the report is written, and says what was returned', async t => {
  const stored = await (await whole.storage.reopen('run')).readJson('report.json');
  t.deepEqual(stored, JSON.parse(JSON.stringify(report)));
});

test('the model that is written has the shapes of the report, and opens', async t => {
  const { config, tensors } = await whole.format.open('run/model');
  const count = [...tensors.values()].reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  t.is(count, report.parameters.after);
  t.deepEqual(
    (config.layers as { channels: number }[]).map(({ channels }) => channels),
    report.layers.map(({ channels }) => channels),
  );
});

test('ranked uniformly, layers that were alike stay alike', async t => {
  for (const ratio of [0.15, 0.2, 0.45]) {
    const { layers, removed } = await executeRun(session({ prune: { ratio, ranking: 'uniform' } }));
    t.is(new Set(layers.map(({ kvHeads, channels }) => `${kvHeads} ${channels}`)).size, 1);
    t.true(removed.blocks > 0 && Math.abs(removed.blocks - ratio) <= 24 / 1088 + 1e-9, `${removed.blocks}`);
  }
});

test('the same seed gives the same bytes', async t => {
  const again = session();
  t.deepEqual(timeless(await executeRun(again)), timeless(report));
  t.deepEqual(written(again), written(whole));
});

test('merged, the model is what adapter and model are together', async t => {
  const merged = session({ ...settings, export: { merge: true } });
  const { output, perplexity, check } = await executeRun(merged);
  t.is(output.adapter, null);
  t.deepEqual(perplexity, report.perplexity);
  t.true(check.writtenVsCompact > 0 && check.writtenVsCompact < 1e-5);
  t.is(merged.format.adapters.size, 0);
  const name = 'model.layers.0.mlp.up_proj.weight';
  t.notDeepEqual(written(merged).model!.tensors.get(name), written(whole).model!.tensors.get(name));
});

for (const [stage, step, next] of [
  ['prune', 1, 'prune 2'],
  ['prune', 3, 'recover 1'],
  ['recover', 2, 'recover 3'],
] as const)
  test(`stopped in ${stage} after step ${step}, a run goes on to the same bytes`, async t => {
    const stopped = session();
    const controller = new AbortController();
    stopped.hooks.afterStep.tap('stop', now => {
      if (now.stage === stage && now.step === step) controller.abort(new Error('enough'));
    });
    const steps: string[] = [];
    const failed: unknown[] = [];
    stopped.hooks.failed.tap('test', error => void failed.push(error));
    const error = await t.throwsAsync(executeRun(stopped, { signal: controller.signal }), {
      message: 'enough',
    });
    t.deepEqual(failed, [error]);
    t.is(written(stopped).model, undefined);
    stopped.hooks.afterStep.tap('test', now => void steps.push(`${now.stage} ${now.step}`));
    const resumed = await resumeRun(stopped);
    t.is(steps[0], next);
    t.deepEqual(timeless(resumed), timeless(report));
    t.deepEqual(written(stopped), written(whole));
  });

test('what recovery leaves as it is, is not measured again', async t => {
  const measured: string[] = [];
  const plain = tinySession();
  const evaluator = plain.active(Evaluator);
  const counting: Evaluator = {
    evaluate(run, ...rest) {
      measured.push((run as RunContext & { stage: string }).stage);
      return evaluator.evaluate(run, ...rest);
    },
  };
  const { perplexity } = await executeRun(tinySession({}, [fill(Evaluator, counting)]));
  t.deepEqual(measured, ['evaluate-dense', 'evaluate-pruned']);
  for (const { pruned, recovered } of Object.values(perplexity)) t.is(recovered, pruned);
});

test('stopped between any two writes, a run goes on to the same bytes', async t => {
  // Each write of the store or of the format is the last one of some run.
  const writes = new WriteLimit();
  const fragile = (): TinySession => {
    const made = session();
    const { format, storage } = made as { format: CheckpointFormat } & Pick<TinySession, 'storage'>;
    format.write = writes.counted(format.write.bind(format));
    format.writeAdapter = writes.counted(format.writeAdapter.bind(format));
    const create = storage.create.bind(storage);
    storage.create = async (folder, options) => {
      const store: RunStore = await create(folder, options);
      store.save = writes.counted(store.save.bind(store));
      store.writeJson = writes.counted(store.writeJson.bind(store));
      return store as never;
    };
    return made;
  };
  await executeRun(fragile());
  const all = writes.count;
  t.true(all > 12);
  for (let last = 1; last < all; last += 2) {
    const killed = fragile();
    writes.start(last);
    await t.throwsAsync(executeRun(killed), { message: 'killed' });
    writes.start();
    t.deepEqual(timeless(await resumeRun(killed)), timeless(report), `after write ${last}`);
    t.deepEqual(written(killed), written(whole), `after write ${last}`);
  }
});

test('inputs are checked before anything is written', async t => {
  const wrong = session({ ...settings, text: {} });
  await t.throwsAsync(executeRun(wrong), { message: /no text is given/ });
  t.is(wrong.storage.stores.size, 0);
});

test('a port that is empty is missed at the beginning, not where it is asked for', async t => {
  const told: string[] = [];
  for (const port of [Evaluator, SaliencyScorer, PruneOptimizer, Sampler] as const) {
    const poor = session();
    const active = poor.active.bind(poor);
    const missing = {
      ...poor,
      active: <T>(other: Token<T>): T => {
        if (other.label === port.label) throw new Error(`no ${port.label}`);
        return active(other);
      },
    };
    poor.hooks.initialize.tap('test', () => void told.push(port.label));
    await t.throwsAsync(executeRun(missing), { message: `no ${port.label}` });
    t.is(poor.storage.stores.size, 0);
  }
  t.deepEqual(told, []);
});

test('a model that is not finite ends the run where it is measured', async t => {
  const broken: Evaluator = {
    evaluate: async (_run, _model, sources) =>
      Object.fromEntries(sources.map(({ name }) => [name, { perplexity: Number.NaN, tokens: 1, chunk: 7 }])),
  };
  const error = await t.throwsAsync(executeRun(tinySession({}, [fill(Evaluator, broken)])), {
    code: 'E_NUMERICS',
  } as never);
  t.is(error?.message, 'the perplexity of the dense model on "hills" is NaN, expected a finite number');
});

test('a run does not go on with other inputs than it was begun with', async t => {
  const stopped = session();
  const controller = new AbortController();
  stopped.hooks.afterStep.tap('stop', () => controller.abort(new Error('enough')));
  await t.throwsAsync(executeRun(stopped, { signal: controller.signal }), { message: 'enough' });
  const reader = stopped.active(TextReader);
  const read = reader.read.bind(reader);
  const other: TextReader = {
    read: async (name, file) => ({ ...(await read(name, file)), hash: name === 'waves' ? 'other' : name }),
  };
  const changed: TinySession = {
    ...stopped,
    active: <T>(port: Token<T>): T => (port.id === TextReader.id ? (other as T) : stopped.active(port)),
  };
  const error = await t.throwsAsync(resumeRun(changed), { code: 'E_RESUME' } as never);
  t.is(error?.message, 'what the run in run was begun with has changed since: text.waves');
  await t.notThrowsAsync(resumeRun(stopped));
});

test('a run goes on with the folder that its model was imported to, whatever the name means by now', async t => {
  const meaning = { folder: 'tiny', asked: 0 };
  const importer: Importer = {
    recognises: async name => name.startsWith('seed:'),
    async folder() {
      meaning.asked++;
      return meaning.folder;
    },
  };
  const plain = tinySession({}, [fill(ImporterPort, importer)]);
  const named: TinySession = { ...plain, config: { ...plain.config, model: 'seed:tiny' } };
  const whole = await executeRun(named);
  const weights = named.format.models.get('run/model');
  let stopping = true;
  named.hooks.cut.tap('stop', model => {
    if (stopping) throw new Error('enough');
    return model;
  });
  const again = { ...named, config: { ...named.config, out: 'again' } };
  await t.throwsAsync(executeRun(again), { message: 'enough' });
  stopping = false;
  t.is(meaning.asked, 2);
  named.format.models.set('moved', tinyModel({}, 2));
  meaning.folder = 'moved';
  t.deepEqual((await resumeRun(again)).perplexity, whole.perplexity);
  t.is(meaning.asked, 2, 'the name is not looked up again');
  t.deepEqual(named.format.models.get('again/model'), weights);
});

test('a run whose cut model is gone does not go on', async t => {
  const stopped = session();
  const controller = new AbortController();
  stopped.hooks.afterStep.tap('stop', ({ stage }) => {
    if (stage === 'recover') controller.abort(new Error('enough'));
  });
  await t.throwsAsync(executeRun(stopped, { signal: controller.signal }), { message: 'enough' });
  t.true(stopped.format.models.delete('run/checkpoints/compact'));
  const error = await t.throwsAsync(resumeRun(stopped), { code: 'E_RESUME' } as never);
  t.regex(error?.message ?? '', /^The cut model of the run is damaged: .*[^.]\.$/);
});

test('storage is told what the run reads, and must keep', async t => {
  const one = tinySession({ text: { a: { file: 'a.txt', validation: 'b.txt', tuning: 0.1 } } });
  const create = one.storage.create.bind(one.storage);
  const kept: unknown[] = [];
  one.storage.create = async (folder, options) => {
    kept.push(options);
    return create(folder, options);
  };
  await executeRun({ ...one, config: { ...one.config, adapter: undefined } });
  t.deepEqual(kept, [{ force: false, keep: ['tiny', 'a.txt', 'b.txt'] }]);
});

test('a folder that holds a run is left alone, unless it may be emptied', async t => {
  const again = tinySession();
  await executeRun(again);
  await t.throwsAsync(executeRun(again), { code: 'E_OUTPUT_EXISTS' } as never);
  await t.notThrowsAsync(executeRun(again, { force: true }));
  await t.throwsAsync(resumeRun(tinySession()), { code: 'E_RESUME' } as never);
});

test('what stays may take over from what goes, before anything is cut', async t => {
  const one = session();
  const param = 'model.layers.1.mlp.down_proj.weight';
  one.hooks.cut.tapPromise('repair', async model => {
    const doubled = (await model.weight(param)).map(w => 2 * w);
    return new LiveModel(model.source, model.lora, new Map([...model.changed, [param, doubled]]));
  });
  const { check } = await executeRun(one);
  t.true(check.maskedVsCompact <= 1e-5);
  const of = (made: TinySession): Float32Array => written(made).model!.tensors.get(param)!.data;
  t.deepEqual(
    of(one),
    of(whole).map(w => 2 * w),
  );
});

test('hooks are told of the run from its beginning to its end', async t => {
  const told: string[] = [];
  const one = tinySession();
  one.hooks.initialize.tap('test', () => void told.push('initialize'));
  one.hooks.cut.tap('test', (model, { removed }) => {
    told.push(`cut ${removed.size}`);
    return model;
  });
  one.hooks.evaluated.tap('test', ({ state }) => void told.push(`evaluated ${state}`));
  one.hooks.emit.tap('test', ({ folder }) => void told.push(`emit ${folder}`));
  one.hooks.done.tap('test', () => void told.push('done'));
  one.hooks.shutdown.tap('test', () => void told.push('shutdown'));
  await executeRun(one);
  t.deepEqual(told, [
    'initialize',
    'evaluated dense',
    'cut 3',
    'evaluated pruned',
    'evaluated recovered',
    'emit run/model',
    'done',
    'shutdown',
  ]);
});

/** Graphs that a run compiles, in order. */
const compiled = async (own: TinySettings): Promise<{ graphs: Graph[]; session: TinySession }> => {
  const graphs: Graph[] = [];
  const watched = tinySession(own, training);
  const engine = watched.active(Engine);
  const compile = engine.compile.bind(engine);
  engine.compile = (graph, options) => {
    graphs.push(graph);
    return compile(graph, options);
  };
  await executeRun(watched);
  return { graphs, session: watched };
};

test('plain text is the same run with packing and without, graph by graph and byte by byte', async t => {
  const none = await compiled({ ...settings, train: { packing: 'none' } });
  const packed = await compiled({ ...settings, train: { packing: 'instructions' } });
  t.deepEqual(packed.graphs, none.graphs);
  t.true(packed.graphs.every(({ inputs }) => !inputs.includes('documents')));
  t.deepEqual(written(packed.session), written(none.session));
});

test('instructions that share sequences are kept apart in every graph that reads them', async t => {
  const lengths = { train: { sequence: 16 }, evaluate: { chunk: 17, tokens: 48 } };
  const { graphs, session } = await compiled({
    ...settings,
    ...lengths,
    text: { asks: { file: 'asks', validation: 0.3, tuning: 0.1 } },
  });
  const losses = graphs.filter(({ outputs }) => outputs.has('loss'));
  t.true(losses.length >= 4);
  t.true(losses.every(({ inputs }) => inputs.includes('documents')));
  const report = (await (await session.storage.reopen('run')).readJson('report.json')) as Report;
  t.true(report.check.maskedVsCompact <= 1e-5 && report.check.writtenVsCompact === 0);
});
