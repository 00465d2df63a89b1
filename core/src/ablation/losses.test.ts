import test from 'ava';
import type { Sequence } from '../data/sequence.js';
import { tinyFamilies } from '../graph/fixtures/tiny-decoder.js';
import { flopsOf } from '../graph/flops.js';
import type { Graph } from '../graph/graph.js';
import { consumerOf } from '../graph/insert-gates.js';
import type { LiveModel } from '../model/live-model.js';
import type { Engine } from '../ports/engine.js';
import { createRng } from '../rng.js';
import { InterpreterEngine } from '../testing/interpreter-engine.js';
import { flopsOneByOne, lossesOneByOne } from '../testing/one-by-one.js';
import { openTinyModel } from '../testing/tiny-model.js';
import { type AblationTask, ablationFlops, ablationLosses } from './losses.js';
import { oddKinds, openOdd } from './odd-decoder.test.data.js';
import type { Candidate } from './plan.js';

const length = 5;
const sequencesOf = (count: number, weightOf: (row: number, at: number) => number = () => 1): Sequence[] =>
  Array.from({ length: count }, (_, row) => {
    const rng = createRng(8).fork(`${row}`);
    const ids = (): Int32Array => Int32Array.from({ length }, () => rng.integer(11));
    const weights = Float32Array.from({ length }, (_, at) => weightOf(row, at));
    return { ids: ids(), targets: ids(), weights, length };
  });

/** A share of the units of every group that gates can close. */
const candidatesOf = ({ groups }: LiveModel, shares: readonly number[] = [0.3, 0.6]): Candidate[] =>
  groups
    .filter(group => group.unprunable === undefined && consumerOf(group) && group.units > 1)
    .flatMap(group =>
      shares.map(share => ({
        group,
        closed: Array.from(
          { length: Math.max(1, Math.round(share * group.units)) },
          (_, i) => group.units - 1 - i,
        ),
      })),
    );

const oneByOne = (task: AblationTask) => lossesOneByOne({ ...task, batch: 2 });

const engineOf = (model: LiveModel): Engine => new InterpreterEngine(ref => model.source.format.read(ref));

const distance = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((x, i) => Math.abs(x - b[i]!)));

const agree = async (
  t: { true(found: boolean, message?: string): void; is(a: number, b: number): void },
  model: LiveModel,
  options: Partial<AblationTask> = {},
): Promise<void> => {
  const task = {
    engine: engineOf(model),
    model,
    candidates: candidatesOf(model),
    sequences: sequencesOf(5),
    ...options,
  };
  const found = await ablationLosses(task);
  const expected = await oneByOne(task);
  t.is(found.candidates.length, task.candidates.length);
  t.true(task.candidates.length >= 4);
  t.true(Math.abs(found.dense - expected.dense) <= 1e-6, `dense ${found.dense} ${expected.dense}`);
  const off = distance(found.candidates, expected.candidates);
  t.true(off <= 1e-6, `off by ${off}`);
  t.true(expected.candidates.every(loss => Math.abs(loss - expected.dense) > 1e-4));
};

for (const [family, options] of Object.entries(tinyFamilies))
  for (const trained of [false, true])
    test(`${family}${trained ? ' with an adapter' : ''}: the losses are those of the whole model, one by one`, async t =>
      agree(t, await openTinyModel(options, { trained })));

for (const kind of oddKinds)
  test(`${kind}: so are those of a graph that is no LLaMA`, async t => agree(t, await openOdd(kind)));

test('weights that differ from the file are read', async t => {
  const model = await openTinyModel();
  const name = 'model.layers.1.mlp.down_proj.weight';
  const changed = new Map([[name, (await model.weight(name)).map(x => 2 * x)]]);
  await agree(
    t,
    new (model.constructor as new (...all: unknown[]) => LiveModel)(model.source, model.lora, changed),
  );
});

test('documents that share a sequence do not see each other', async t => {
  const model = await openTinyModel();
  const apart = sequencesOf(5).map((sequence, row) =>
    row % 2 === 0 ? { ...sequence, documents: Int32Array.of(0, 0, 1, 1, 1) } : sequence,
  );
  await agree(t, model, { sequences: apart });
  const task = { engine: engineOf(model), model, candidates: [] };
  const { dense } = await ablationLosses({ ...task, sequences: apart });
  t.not(dense, (await ablationLosses({ ...task, sequences: sequencesOf(5) })).dense);
});

test('any number of tokens in a run, and any number of slices', async t => {
  const model = await openTinyModel();
  for (const tokensPerRun of [1, 3 * length, 100 * length]) await agree(t, model, { tokensPerRun });
  await agree(t, model, { tokensPerRun: 2 * length, memory: 1 });
});

test('positions that do not count are computed no further than others need them', async t => {
  const model = await openTinyModel();
  await agree(t, model, { sequences: sequencesOf(4, (row, at) => Number(at > row && at < 4)) });
  await agree(t, model, { sequences: sequencesOf(3, row => Number(row === 1)) });
  const task = {
    engine: engineOf(model),
    model,
    candidates: candidatesOf(model),
    sequences: sequencesOf(2, () => 0),
  };
  const nothing = await ablationLosses(task);
  t.is(nothing.dense, 0);
  t.true(nothing.candidates.every(loss => loss === 0));
});

/** What an engine was asked to do. */
const watched = (engine: Engine) => {
  const seen = { flops: 0, runs: 0, open: 0, most: 0, graphs: [] as Graph[] };
  const watching: Engine = {
    ...engine,
    info: () => engine.info(),
    close: () => engine.close(),
    async compile(graph, options) {
      const executable = await engine.compile(graph, options);
      seen.graphs.push(graph);
      seen.most = Math.max(seen.most, ++seen.open);
      return {
        async run(feeds) {
          seen.runs++;
          seen.flops += flopsOf(graph);
          return executable.run(feeds);
        },
        async release() {
          seen.open--;
          await executable.release();
        },
      };
    },
  };
  return { engine: watching, seen };
};

test('each layer is passed once by the dense model, and a candidate pays for what lies behind its own', async t => {
  const model = await openTinyModel({}, { trained: false });
  const { engine, seen } = watched(engineOf(model));
  const shares: number[] = [];
  const sequences = sequencesOf(6);
  const candidates = candidatesOf(model);
  const onProgress = (share: number): void => void shares.push(share);
  await ablationLosses({ engine, model, candidates, sequences, onProgress, tokensPerRun: 2 * length });
  t.is(shares.at(-1), 1);
  t.true(shares.every((share, i) => share > (shares[i - 1] ?? 0)));
  t.is(shares.length, seen.runs);
  t.is(seen.open, 0);
  t.is(seen.most, 1);
  const [first] = seen.graphs;
  t.true(seen.graphs.every(graph => !graph.inputs.some(name => name.startsWith('gate:'))));
  t.false(
    [...first!.parameters.keys()].some(name => name.includes('lora')),
    'an adapter that adds nothing is left out',
  );
  const embeddings = seen.graphs.filter(graph => graph.parameters.has('model.embed_tokens.weight'));
  t.deepEqual(embeddings, [first]);
  const task = { model, candidates, sequences, tokensPerRun: 2 * length };
  t.is(seen.flops, ablationFlops(task));
  t.true(2 * seen.flops <= flopsOneByOne({ ...task, batch: 2 }));
});

test('candidates that close the same units are one, and run side by side while they fit', async t => {
  const model = await openTinyModel();
  const [candidate] = candidatesOf(model);
  const { group, closed } = candidate!;
  const count = async (candidates: readonly Candidate[], tokensPerRun: number) => {
    const { engine, seen } = watched(engineOf(model));
    const losses = await ablationLosses({
      engine,
      model,
      candidates,
      sequences: sequencesOf(4),
      tokensPerRun,
    });
    return { losses: losses.candidates, ...seen };
  };
  const one = await count([candidate!], 1000);
  const twice = await count([candidate!, { group, closed: closed.toReversed() }], 1000);
  t.is(twice.flops, one.flops);
  t.deepEqual(twice.losses, [one.losses[0], one.losses[0]]);
  const other = { group: { ...group, id: 'the same by another name' }, closed };
  t.is((await count([candidate!, other], 8 * length)).runs, one.runs);
  t.is((await count([candidate!, other], 8 * length - 1)).runs, one.runs + 1);
});

test('no candidates: the loss of the dense model; a group that no layer reads is refused', async t => {
  const model = await openTinyModel();
  const task = { engine: engineOf(model), model, candidates: [], sequences: sequencesOf(3) };
  t.deepEqual((await ablationLosses(task)).candidates, []);
  const [found, expected] = [await ablationLosses(task), await oneByOne(task)];
  t.true(Math.abs(found.dense - expected.dense) <= 1e-6, `${found.dense} ${expected.dense}`);
  const group = { ...model.groups[0]!, members: [] };
  await t.throwsAsync(ablationLosses({ ...task, candidates: [{ group, closed: [0] }] }), {
    message: `${group.id} is not read by one linear layer`,
  });
});

test('an abort stops between two runs and lets go of the session', async t => {
  const model = await openTinyModel();
  const { engine, seen } = watched(engineOf(model));
  const stop = new AbortController();
  const task = {
    engine,
    model,
    candidates: candidatesOf(model),
    sequences: sequencesOf(3),
    signal: stop.signal,
  };
  const onProgress = (share: number): void => {
    if (share > 0.5) stop.abort(new Error('enough'));
  };
  await t.throwsAsync(ablationLosses({ ...task, onProgress }), { message: 'enough' });
  t.is(seen.open, 0);
});
