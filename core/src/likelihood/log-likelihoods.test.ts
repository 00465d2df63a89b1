import test from 'ava';
import { systemClock } from '../clock.js';
import { evaluate } from '../graph/evaluate.js';
import { CausalAttention } from '../graph/ops/causal-attention.js';
import { rebuild } from '../graph/rebuild.js';
import { LiveModel } from '../model/live-model.js';
import type { Passes } from '../passes/passes.js';
import { streamedPasses } from '../passes/streamed-passes.js';
import { wholePasses } from '../passes/whole-passes.js';
import { InterpreterEngine } from '../testing/interpreter-engine.js';
import { openTinyModel } from '../testing/tiny-model.js';
import { logLikelihoods } from './log-likelihoods.js';
import type { ScoredText } from './scored-text.js';

const model = await openTinyModel();
const engine = new InterpreterEngine(ref => model.source.format.read(ref));
const whole = wholePasses(engine);

const text = (scored: number, ...ids: number[]): ScoredText => ({ ids, scored });
const items: readonly (readonly ScoredText[])[] = [
  [text(2, 3, 7, 1, 7, 3), text(3, 3, 7, 1, 0, 9, 5), text(1, 3, 7, 1, 2)],
  [text(1, 9, 2, 4), text(1, 9, 2, 5)],
  [text(4, 8, 1, 6, 2, 2)],
  [text(1, 1, 2), text(2, 6, 7, 8)],
  [text(3, ...Array.from({ length: 20 }, (_, i) => (i * i) % 11)), text(1, 0, 1, 5)],
];

/** Sum of log softmax(logits)[target] over the scored tokens, each text by itself in float64. */
const direct = async ({ ids, scored }: ScoredText): Promise<number> => {
  const length = ids.length - 1;
  const graph = model.graph({ batch: 1, sequence: length });
  const feeds: Record<string, { shape: readonly number[]; data: Float64Array }> = {
    input_ids: { shape: [1, length], data: Float64Array.from(ids.slice(0, -1)) },
  };
  for (const { name, shape } of graph.parameters.values())
    feeds[name] = {
      shape,
      data: Float64Array.from(model.lora.arrays.get(name) ?? (await model.weight(name))),
    };
  const { data, shape } = evaluate(graph, feeds).get(graph.outputs.get('logits')!)!;
  const vocabulary = shape[1]!;
  return ids.slice(-scored).reduce((sum, target, i) => {
    const row = data.subarray((length - scored + i) * vocabulary, (length - scored + i + 1) * vocabulary);
    const partition = row.reduce((total, x) => total + Math.exp(x), 0);
    return sum + row[target]! - Math.log(partition);
  }, 0);
};
const expected = await Promise.all(items.map(texts => Promise.all(texts.map(direct))));

const agrees = (found: readonly (readonly number[])[]): boolean =>
  found.length === expected.length &&
  found.every((row, i) => row.every((value, j) => Math.abs(value - expected[i]![j]!) < 1e-5));

const ways: readonly [string, Passes, number][] = [
  ['one sequence', whole, 64],
  ['several sequences of two lengths', whole, 8],
  ['streamed', streamedPasses({ engine, clock: systemClock }), 8],
];
for (const [name, passes, sequence] of ways)
  test(`${name}: what each text has by itself`, async t => {
    t.true(agrees(await logLikelihoods(passes, model, items, { sequence })));
  });

/** The model with attention in primitives, which share nothing. */
const inPrimitives = new LiveModel(
  {
    ...model.source,
    tracer: {
      ...model.source.tracer,
      trace: (...given) =>
        rebuild(model.source.tracer.trace(...given), (g, { op, attributes }, inputs) =>
          op === 'CausalAttention' ? CausalAttention.expand(g, inputs, attributes) : undefined,
        ),
    },
  },
  { specs: new Map(), arrays: new Map() },
);

test('a graph that cannot share computes each text in a sequence of its own', async t => {
  const merged = new LiveModel(model.source, { specs: new Map(), arrays: new Map() });
  const found = await logLikelihoods(whole, inPrimitives, items);
  const shared = await logLikelihoods(whole, merged, items);
  for (const [i, row] of found.entries())
    for (const [j, value] of row.entries()) t.true(Math.abs(value - shared[i]![j]!) < 1e-5);
});

test('an item is told once, as soon as it is known, and progress ends at the end', async t => {
  const told = new Map<number, readonly number[]>();
  const steps: number[] = [];
  const found = await logLikelihoods(whole, model, items, {
    sequence: 8,
    onItem: (item, values) => {
      t.false(told.has(item));
      told.set(item, [...values]);
    },
    onProgress: (done, total) => steps.push(done / total),
  });
  t.deepEqual(
    items.map((_, i) => told.get(i)),
    found.map(row => [...row]),
  );
  t.is(steps.at(-1), 1);
  t.deepEqual(
    steps,
    steps.toSorted((a, b) => a - b),
  );
});

test('no items, no sequences', async t => {
  t.deepEqual(await logLikelihoods(whole, model, []), []);
});

test('it stops between two sequences', async t => {
  const stop = new AbortController();
  const given = { sequence: 8, signal: stop.signal, onItem: () => stop.abort(new Error('enough')) };
  await t.throwsAsync(logLikelihoods(whole, model, items, given), { message: 'enough' });
});

test('a model that gives NaN is refused', async t => {
  const broken = new LiveModel(
    model.source,
    model.lora,
    new Map([['lm_head.weight', (await model.weight('lm_head.weight')).map(() => Number.NaN)]]),
  );
  await t.throwsAsync(logLikelihoods(whole, broken, items), { message: /log-likelihood NaN/ });
});
