import {
  Allocation,
  Engine,
  executeRun,
  feedsOf,
  inputFeeds,
  isSecateurError,
  LiveModel,
  PruneOptimizer,
  type PruneTask,
  Recovery,
  Repair,
  type Report,
  resumeRun,
  type Sequence,
} from '@secateur/core';
import {
  fill,
  InterpreterEngine,
  type MemoryModel,
  openTinyModel,
  providedBy,
  type TinySession,
  type TinySettings,
  throwsCode,
  tinyContext,
  tinySession,
} from '@secateur/core/testing';
import test from 'ava';
import optimizerUnstructured, { sparseGpt, wanda } from './index.js';

const methods = ['wanda', 'sparsegpt'] as const;
type Method = (typeof methods)[number];

const optimizer = (method: Method, options: Record<string, unknown> = {}): PruneOptimizer =>
  providedBy(optimizerUnstructured(options), PruneOptimizer, method);

const session = (
  method: Method,
  settings: TinySettings = {},
  options: Record<string, unknown> = {},
): TinySession => tinySession(settings, [fill(PruneOptimizer, optimizer(method, options))]);

const written = ({ format }: TinySession): MemoryModel['tensors'] => format.models.get('run/model')!.tensors;
const dense = ({ format }: TinySession): MemoryModel['tensors'] => format.models.get('tiny')!.tensors;

const isBlockWeight = (name: string): boolean => /layers\.\d+\..*_proj\.weight$/.test(name);
const rowsOf = ({ shape, data }: { shape: readonly number[]; data: Float32Array }): number[][] =>
  Array.from({ length: shape[0]! }, (_, i) => [...data.subarray(i * shape[1]!, (i + 1) * shape[1]!)]);
const zeros = (row: readonly number[]): number => row.filter(w => w === 0).length;
/** A report without what a clock or a process measured. */
const timeless = ({ stages, ...report }: Report) => ({ ...report, stages: stages.map(({ name }) => name) });

for (const method of methods)
  test(`a run by ${method} writes zeros in the shapes of the dense model, and says so`, async t => {
    const own = session(method, { prune: { ratio: 0.4 } });
    const report = await executeRun(own);
    let [count, all] = [0, 0];
    for (const [name, tensor] of written(own)) {
      const before = dense(own).get(name)!;
      t.deepEqual(tensor.shape, before.shape, name);
      if (!isBlockWeight(name)) {
        t.deepEqual(tensor.data, before.data, name);
        continue;
      }
      for (const row of rowsOf(tensor))
        if (method === 'wanda') t.is(zeros(row), Math.floor(row.length * 0.4), name);
      if (method === 'sparsegpt') t.is(zeros([...tensor.data]), Math.floor(tensor.data.length * 0.4), name);
      count += zeros([...tensor.data]);
      all += tensor.data.length;
    }
    t.is(report.class, 'unstructured');
    t.is(report.sparsity, count / all);
    t.is(report.parameters.after, report.parameters.before);
    t.deepEqual([report.removed, report.removedUnits], [{ blocks: 0, model: 0 }, {}]);
    t.deepEqual([report.check.maskedVsCompact, report.check.writtenVsCompact], [0, 0]);
    for (const { dense: before, pruned, recovered } of Object.values(report.perplexity)) {
      t.not(before, pruned);
      t.is(pruned, recovered);
    }
  });

test('a run that cuts units is of the other class', async t => {
  const report = await executeRun(tinySession());
  t.deepEqual([report.class, report.sparsity], ['structured', null]);
});

for (const method of methods)
  test(`${method} by 2:4 leaves two zeros in every four inputs`, async t => {
    const layer = { kvHeads: 2, queries: 2, channels: 8 };
    const own = tinySession(
      { prune: { ratio: 0.5 } },
      [fill(PruneOptimizer, optimizer(method, { pattern: '2:4' }))],
      { layers: [layer, layer] },
    );
    t.is((await executeRun(own)).sparsity, 0.5);
    for (const [name, tensor] of written(own))
      if (isBlockWeight(name))
        for (const row of rowsOf(tensor))
          for (let at = 0; at < row.length; at += 4) t.is(zeros(row.slice(at, at + 4)), 2, name);
  });

test('a ratio that is not the pattern, inputs that it does not divide and a block of half groups are refused', async t => {
  for (const [ratio, message] of [
    [0.4, /0\.4.*0\.5/],
    [0.5, /down_proj.*6 inputs, expected a multiple of 4 for the pattern 2:4/],
  ] as const) {
    const own = session('wanda', { prune: { ratio } }, { pattern: '2:4' });
    await throwsCode(t, () => executeRun(own), 'E_CONFIG_INVALID', message);
    t.false(own.storage.stores.has('run'), 'nothing was measured before');
  }
  for (const options of [{ pattern: '2:4', block: 6 }, { pattern: '4:2' }, { pattern: 'all' }, { damp: 0 }])
    await throwsCode(t, async () => optimizer('sparsegpt', options), 'E_PLUGIN_OPTIONS');
});

test('what would fill the zeros, or has no part in the run, is refused with the next step', async t => {
  for (const [port, key] of [
    [Recovery, 'recovery'],
    [Repair, 'repair'],
    [Allocation, 'allocation'],
  ] as const) {
    const own = tinySession({}, [fill(PruneOptimizer, optimizer('wanda')), [port.id, {}]]);
    const error = await t.throwsAsync(() => executeRun(own));
    t.true(isSecateurError(error) && error.code === 'E_CONFIG_INVALID');
    t.is((error as unknown as { hint: string }).hint, `use: { ${key}: 'none' }`);
    t.false(own.storage.stores.has('run'));
  }
  await throwsCode(t, () => executeRun(session('wanda', { prune: { of: 'model' } })), 'E_CONFIG_INVALID');
  await throwsCode(t, () => executeRun(session('wanda', { export: { merge: false } })), 'E_CONFIG_INVALID');
});

test('budgets and shapes of cut models do not stand in the way', async t => {
  const settings: TinySettings = { prune: { ratio: 0.95, minChannels: 5 }, export: { shape: 'uniform' } };
  const { sparsity } = await executeRun(session('sparsegpt', settings));
  t.true(sparsity! > 0.9);
});

test('what is protected keeps all its weights, and where nothing is left the run is refused', async t => {
  const own = session('wanda', { prune: { protect: ['model.layers.0.self_attn', 'model.layers.1.mlp'] } });
  await executeRun(own);
  for (const [name, { data }] of written(own))
    if (isBlockWeight(name))
      t.is(data.includes(0), name.includes('0.mlp') || name.includes('1.self_attn'), name);
  const none = session('wanda', { prune: { protect: ['model.layers.0', 'model.layers.1'] } });
  await throwsCode(t, () => executeRun(none), 'E_BUDGET');
  t.false(none.storage.stores.has('run'));
});

/** Stops a run when the progress of this stage says so. */
const stopAt = (own: TinySession, done: number): AbortSignal => {
  const stop = new AbortController();
  own.hooks.progress.tap('test', event => {
    if (event.kind === 'progress' && event.unit === 'layers' && event.done === done) stop.abort();
  });
  return stop.signal;
};

for (const [method, at] of [
  ['wanda', 1],
  ['sparsegpt', 1],
  ['sparsegpt', 2],
  ['sparsegpt', 3],
] as const)
  test(`a run by ${method} that is stopped after layer ${at} goes on to the same bytes`, async t => {
    const layer = { kvHeads: 2, queries: 2, channels: 6 };
    const open = (): TinySession =>
      tinySession({}, [fill(PruneOptimizer, optimizer(method))], { layers: [layer, layer, layer] });
    const whole = open();
    const report = await executeRun(whole);
    const own = open();
    await t.throwsAsync(executeRun(own, { signal: stopAt(own, at) }), { any: true });
    t.false(own.format.models.has('run/model'));
    const masked = own.format.models.get('run/checkpoints/masked/0');
    const resumed = await resumeRun(own);
    t.is(own.format.models.get('run/checkpoints/masked/0'), masked, 'layer 0 was not masked again');
    t.deepEqual(timeless(resumed), timeless(report));
    t.deepEqual(written(own), written(whole));
  });

test('a run that is stopped behind the pruning opens what it has written', async t => {
  const whole = session('sparsegpt');
  const report = await executeRun(whole);
  const own = session('sparsegpt');
  const stop = new AbortController();
  own.hooks.progress.tap('test', event => {
    if (event.kind === 'stage-start' && event.stage === 'cut') stop.abort();
  });
  await t.throwsAsync(executeRun(own, { signal: stop.signal }), { any: true });
  t.deepEqual(timeless(await resumeRun(own)), timeless(report));
  t.deepEqual(written(own), written(whole));
});

const sequences: readonly Sequence[] = Array.from({ length: 3 }, (_, row) => ({
  ids: Int32Array.from({ length: 6 }, (__, i) => 1 + ((3 * i * i + 5 * row + i) % 10)),
  targets: new Int32Array(6),
  weights: new Float32Array(6),
  // The last one is padded: what stands behind its text must count for nothing.
  length: row === 2 ? 4 : 6,
}));

const engineFor = ({ source: { format } }: LiveModel) => new InterpreterEngine(ref => format.read(ref));

/** The inputs of every linear layer of a model as it stands, by weight: one row for each token of text. */
const inputsOf = async (subject: LiveModel): Promise<ReadonlyMap<string, number[][]>> => {
  const shape = { batch: sequences.length, sequence: 6 };
  const graph = subject.graph(shape);
  const linears = graph.nodes.filter(({ op }) => op === 'Linear' || op === 'LoraLinear');
  const outputs = new Map(linears.map(({ inputs: [x, param] }) => [param!, x!]));
  const executable = await engineFor(subject).compile(
    { ...graph, outputs },
    { fed: [...subject.changed.keys()] },
  );
  const found = await executable.run({ ...feedsOf(graph, subject.fed), ...inputFeeds(sequences, shape) });
  return new Map(
    [...outputs.keys()].map(param => {
      const { shape: extents, data } = found.outputs[param]!;
      const rows = rowsOf({ shape: extents, data: Float32Array.from(data as Float32Array) });
      return [param, rows.filter((_, at) => at % 6 < sequences[Math.floor(at / 6)]!.length)];
    }),
  );
};

const gramOf = (inputs: readonly (readonly number[])[]): Float64Array => {
  const into = inputs[0]!.length;
  return Float64Array.from({ length: into * into }, (_, k) =>
    inputs.reduce((sum, x) => sum + x[Math.floor(k / into)]! * x[k % into]!, 0),
  );
};

const maskOf = (method: Method, weight: Float32Array, gram: Float64Array): Float32Array => {
  const into = Math.sqrt(gram.length);
  const sparsity = { ratio: 0.5, groups: undefined };
  return method === 'wanda'
    ? wanda(
        weight,
        Float64Array.from({ length: into }, (_, j) => gram[j * into + j]!),
        sparsity,
      )
    : sparseGpt(weight, { ...sparsity, into, gram, sequences: 3, damp: 0.01, block: 128 });
};

/** Weights of one layer masked by the inputs that some model gives them, base and adapter as their sum. */
const maskLayer = async (
  method: Method,
  model: LiveModel,
  layer: number,
  by: LiveModel,
): Promise<Map<string, Float32Array>> => {
  const inputs = await inputsOf(by);
  const masked = new Map<string, Float32Array>();
  for (const param of inputs.keys())
    if (param.includes(`layers.${layer}.`))
      masked.set(param, maskOf(method, await model.merged(param), gramOf(inputs.get(param)!)));
  return masked;
};

/** The model with these weights in place of base and adapter. */
const masking = (model: LiveModel, weights: ReadonlyMap<string, Float32Array>): LiveModel => {
  const { specs, arrays } = model.lora;
  const left = [...specs].filter(([module]) => !weights.has(`${module}.weight`));
  return new LiveModel(model.source, { specs: new Map(left), arrays }, weights);
};

const farthest = (a: Float32Array, b: Float32Array): number =>
  a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!)), 0);

for (const method of methods)
  test(`${method}: each layer is masked by what comes through the masked layers before it, adapter and all`, async t => {
    const model = await openTinyModel();
    const context = tinyContext(tinySession({ prune: { ratio: 0.5 } }, [fill(Engine, engineFor(model))]));
    const groups = model.groups.filter(({ kind }) => kind === 'kv-head' || kind === 'channel');
    const task: Partial<PruneTask> = { run: context, model, groups, calibration: sequences };
    const outcome = await optimizer(method).prune(task as PruneTask);

    const first = await maskLayer(method, model, 0, model);
    const second = await maskLayer(method, model, 1, masking(model, first));
    for (const [param, expected] of [...first, ...second])
      t.true(farthest(await outcome.model.merged(param), expected) < 2e-5, param);
    // Inputs of the dense first layer would have masked the second otherwise.
    const stale = await maskLayer(method, model, 1, model);
    t.true([...second].some(([param, weight]) => farthest(weight, stale.get(param)!) > 1e-2));
    t.deepEqual([outcome.model.lora.specs.size, outcome.model.lora.arrays.size], [0, 0]);
    t.deepEqual([outcome.removed.size, outcome.tokens, outcome.model.changed.size], [0, 0, 0]);
  });

test('hidden states and weights are held one layer at a time', async t => {
  const model = await openTinyModel();
  const engine = engineFor(model);
  const held: string[][] = [];
  let open = 0;
  const watched: Engine = {
    info: () => engine.info(),
    close: () => engine.close(),
    async compile(graph, options) {
      t.is(++open, 1);
      held.push([
        ...new Set([...graph.parameters.keys()].map(name => /layers\.\d/.exec(name)?.[0] ?? 'none')),
      ]);
      const executable = await engine.compile(graph, options);
      return {
        run: feeds => executable.run(feeds),
        release: () => {
          open--;
          return executable.release();
        },
      };
    },
  };
  const context = tinyContext(tinySession({ prune: { ratio: 0.5 } }, [fill(Engine, watched)]));
  const task: Partial<PruneTask> = { run: context, model, groups: model.groups, calibration: sequences };
  await optimizer('sparsegpt').prune(task as PruneTask);
  // The embedding, then each layer to observe it and to feed the next; nothing behind the last one is run.
  t.deepEqual(held, [['none'], ['layers.0'], ['layers.0'], ['layers.1']]);
});
