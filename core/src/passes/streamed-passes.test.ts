import test from 'ava';
import { couple } from '../graph/couple.js';
import { tinyDecoder, tinyFamilies, tinyFeeds, withLora } from '../graph/fixtures/tiny-decoder.js';
import type { Graph } from '../graph/graph.js';
import { consumerOf, gateName, insertGates } from '../graph/insert-gates.js';
import { observeInputs } from '../graph/observe-inputs.js';
import { withLoss } from '../graph/with-loss.js';
import type { CompileOptions, Engine, Feeds, RunResult } from '../ports/engine.js';
import { InterpreterEngine } from '../testing/interpreter-engine.js';
import { MemoryScratch } from '../testing/memory-storage.js';
import type { Passes, PassOptions } from './passes.js';
import { type PieceRecord, streamedPasses } from './streamed-passes.js';
import { wholePasses } from './whole-passes.js';

const engine = new InterpreterEngine(async () => {
  throw new Error('the tiny decoder has no files');
});
const clock = { now: () => 0 };
const exact: CompileOptions = { precision: 'float64', form: 'naive' };

/** A loss graph with LoRA, a gate for each unit of the layers, and the squares of what their last layers read. */
const gated = (graph: Graph): { readonly graph: Graph; readonly gates: readonly string[] } => {
  const groups = couple(graph).groups.filter(
    ({ kind, unprunable }) => !unprunable && ['kv-head', 'channel'].includes(kind),
  );
  const readers = new Set(groups.map(group => consumerOf(group)!.param));
  return {
    graph: withLoss(observeInputs(insertGates(withLora(graph), groups, 2), readers, ['squares'])),
    gates: groups.map(gateName),
  };
};

/** Three batches: the same weights, other tokens and gates. */
const batchesFor = (graph: Graph): Feeds[] => {
  const fixed = tinyFeeds(graph, 1);
  return [2, 3, 4].map(seed => {
    const own = tinyFeeds(graph, seed);
    const feeds = { ...fixed, ...Object.fromEntries(graph.inputs.map(name => [name, own[name]!])) };
    const { input_ids, targets } = feeds;
    const whole = ({ shape, data }: (typeof feeds)[string]) => ({
      shape,
      data: BigInt64Array.from(data, BigInt),
    });
    return { ...feeds, input_ids: whole(input_ids!), ...(targets && { targets: whole(targets) }) };
  });
};

/** All that a pass gives, by batch: a name that is given twice is an error. */
const resultsOf = async (
  passes: Passes,
  graph: Graph,
  batches: readonly Feeds[],
  compile: CompileOptions,
  options: PassOptions = {},
): Promise<RunResult[]> => {
  const results = batches.map((): { outputs: RunResult['outputs']; gradients: RunResult['gradients'] } => ({
    outputs: {},
    gradients: {},
  }));
  const pass = await passes.open(graph, compile);
  await pass.run(
    batches,
    (batch, given) => {
      const result = results[batch]!;
      for (const part of ['outputs', 'gradients'] as const)
        for (const name of Object.keys(given[part]))
          if (name in result[part]) throw new Error(`${name} of batch ${batch} is given twice`);
      result.outputs = { ...result.outputs, ...given.outputs };
      result.gradients = { ...result.gradients, ...given.gradients };
    },
    options,
  );
  await pass.release();
  return results;
};

/** Largest difference relative to the largest element, over everything that was given. */
const distance = (found: readonly RunResult[], expected: readonly RunResult[]): number => {
  let worst = 0;
  for (const [batch, result] of expected.entries())
    for (const part of ['outputs', 'gradients'] as const)
      for (const [name, { data }] of Object.entries(result[part])) {
        const other = found[batch]![part][name]!.data as Float64Array;
        const scale = (data as Float64Array).reduce((max, x) => Math.max(max, Math.abs(x)), 0);
        (data as Float64Array).forEach((x, i) => {
          worst = Math.max(worst, Math.abs(x - other[i]!) / scale);
        });
      }
  return worst;
};

const namesOf = (results: readonly RunResult[]): string[][] =>
  results.map(({ outputs, gradients }) => [...Object.keys(outputs), ...Object.keys(gradients)].sort());

for (const [family, options] of Object.entries(tinyFamilies))
  test(`${family}: streamed is whole, in float64`, async t => {
    const { graph, gates } = gated(tinyDecoder(options));
    const batches = batchesFor(graph);
    const compile = { ...exact, wrt: gates };
    const whole = await resultsOf(wholePasses(engine), graph, batches, compile);
    const records: PieceRecord[] = [];
    const streamed = streamedPasses({ engine, clock, onPiece: record => records.push(record) });
    const found = await resultsOf(streamed, graph, batches, compile);
    t.deepEqual(namesOf(found), namesOf(whole));
    t.true(distance(found, whole) < 1e-12, `off by ${distance(found, whole)}`);
    t.deepEqual(
      records.map(({ direction, piece }) => `${direction} ${piece}`),
      [
        'forward model.embed_tokens',
        'forward model.layers.0',
        'forward model.layers.1',
        'forward lm_head',
        'backward model.layers.1',
        'backward model.layers.0', // nothing before it has a gate
      ],
    );
  });

test('without gradients the pass goes forward only, and logits come as they are', async t => {
  const graph = tinyDecoder({ tied: true });
  const batches = batchesFor(graph);
  const records: PieceRecord[] = [];
  const streamed = streamedPasses({ engine, clock, onPiece: record => records.push(record) });
  const found = await resultsOf(streamed, graph, batches, exact);
  const whole = await resultsOf(wholePasses(engine), graph, batches, exact);
  t.deepEqual(namesOf(found), [['logits'], ['logits'], ['logits']]);
  t.is(distance(found, whole), 0);
  t.is(records.length, 4);
});

/** Counts the executables of an engine. */
const counted = () => {
  const live = { now: 0, most: 0, runs: 0 };
  const counting: Engine = {
    async compile(graph, options) {
      const executable = await engine.compile(graph, options);
      live.most = Math.max(live.most, ++live.now);
      return {
        run: feeds => {
          live.runs++;
          return executable.run(feeds);
        },
        release: async () => {
          live.now--;
          await executable.release();
        },
      };
    },
    info: () => engine.info(),
    close: async () => {},
  };
  return { live, counting };
};

test('one piece is open at a time, and hidden states beyond the bound lie on the disk, until they are read', async t => {
  const { graph, gates } = gated(tinyDecoder());
  const batches = batchesFor(graph);
  const compile = { ...exact, wrt: gates };
  const { live, counting } = counted();
  const scratch = new MemoryScratch();
  const streamed = (memory: number) => streamedPasses({ engine: counting, clock, scratch, memory });
  const inMemory = await resultsOf(streamed(2 ** 20), graph, batches, compile);
  t.is(scratch.written, 0);
  const onDisk = await resultsOf(streamed(0), graph, batches, compile);
  t.is(distance(onDisk, inMemory), 0);
  // Three exits going forward, the gradients at two entries going back.
  t.is(scratch.written, 3 * 3 + 2 * 3);
  t.is(scratch.files.size, 0);
  t.deepEqual([live.now, live.most, live.runs], [0, 1, 2 * 6 * 3]);
});

test('a way forward alone keeps the hidden states of one place', async t => {
  const graph = withLoss(tinyDecoder());
  const scratch = new MemoryScratch();
  let most = 0;
  const write = scratch.write.bind(scratch);
  scratch.write = async (name, data) => {
    await write(name, data);
    most = Math.max(most, scratch.files.size);
  };
  await resultsOf(streamedPasses({ engine, clock, scratch, memory: 0 }), graph, batchesFor(graph), exact);
  t.is(most, 3); // batches
});

test('progress counts runs of the engine and names the piece; a stop leaves nothing behind', async t => {
  const { graph, gates } = gated(tinyDecoder());
  const batches = batchesFor(graph);
  const told: string[] = [];
  const { live, counting } = counted();
  const scratch = new MemoryScratch();
  const passes = streamedPasses({ engine: counting, clock, scratch, memory: 0 });
  const compile = { ...exact, wrt: gates };
  const tell = (done: number, total: number, place?: string) => void told.push(`${done}/${total} ${place}`);
  await resultsOf(passes, graph, batches, compile, { onProgress: tell });
  t.is(told.length, 18);
  t.deepEqual([told[0], told[17]], ['1/18 model.embed_tokens', '18/18 model.layers.0']);

  const stop = new AbortController();
  const atTwelve = (done: number) => done === 12 && stop.abort(new Error('enough'));
  await t.throwsAsync(
    resultsOf(passes, graph, batches, compile, { signal: stop.signal, onProgress: atTwelve }),
    { message: 'enough' },
  );
  t.is(live.runs, 18 + 12);
  t.is(live.now, 0);
  t.is(scratch.files.size, 0);
});

test('nothing to run opens nothing', async t => {
  const { live, counting } = counted();
  const passes = streamedPasses({ engine: counting, clock });
  t.deepEqual(await resultsOf(passes, withLoss(tinyDecoder()), [], exact), []);
  t.is(live.most, 0);
});

test('what several pieces read cannot be differentiated by', async t => {
  const graph = withLoss(tinyDecoder({ tied: true }));
  const passes = streamedPasses({ engine, clock });
  await t.throwsAsync(passes.open(graph, { wrt: ['model.embed_tokens.weight'] }), {
    message: '"model.embed_tokens.weight" is read by 2 pieces of the graph, expected one',
  });
});
