import { Evaluator, type LiveModel, type Sequence, type SourceData } from '@secateur/core';
import { evaluate } from '@secateur/core/graph';
import { openTinyModel, providedBy, tinyContext, tinySession } from '@secateur/core/testing';
import test from 'ava';
import evaluatorPerplexity, { perplexity } from './index.js';

const model = await openTinyModel();
const POSITIONS = 6;

/** Sequences of ids below the vocabulary; every other position of an instruction counts. */
const sequences = (count: number, kind: SourceData['kind']): Sequence[] =>
  Array.from({ length: count }, (_, row) => {
    const id = (t: number): number => (3 * row * row + 7 * t + t * t) % 11;
    return {
      ids: Int32Array.from({ length: POSITIONS }, (_, t) => id(t)),
      targets: Int32Array.from({ length: POSITIONS }, (_, t) => id(t + 1)),
      weights: Float32Array.from({ length: POSITIONS }, (_, t) => (kind === 'text' ? 1 : t % 2)),
      length: POSITIONS,
    };
  });
const source = (name: string, count: number, kind: SourceData['kind'] = 'text'): SourceData => ({
  name,
  kind,
  train: [],
  tuning: [],
  validation: sequences(count, kind),
});

/** exp of the mean of −log softmax(logits)[target], in float64 and sequence by sequence. */
const direct = async (of: LiveModel, validation: readonly Sequence[]): Promise<number> => {
  const graph = of.graph({ batch: 1, sequence: POSITIONS });
  const weights: Record<string, { shape: readonly number[]; data: Float64Array }> = {};
  for (const { name, shape } of graph.parameters.values())
    weights[name] = {
      shape,
      data: Float64Array.from(of.lora.arrays.get(name) ?? (await of.weight(name))),
    };
  let sum = 0;
  let counted = 0;
  for (const { ids, targets, weights: counts } of validation) {
    const feeds = { ...weights, input_ids: { shape: [1, POSITIONS], data: Float64Array.from(ids) } };
    const logits = evaluate(graph, feeds).get(graph.outputs.get('logits')!)!;
    const vocabulary = logits.shape[1]!;
    for (let t = 0; t < POSITIONS; t++) {
      const row = logits.data.slice(t * vocabulary, (t + 1) * vocabulary);
      const partition = row.reduce((total, x) => total + Math.exp(x), 0);
      sum += counts[t]! * (Math.log(partition) - row[targets[t]!]!);
      counted += counts[t]!;
    }
  }
  return Math.exp(sum / counted);
};

const measure = (sources: readonly SourceData[], evaluation: { chunk?: number; tokens?: number } = {}) =>
  perplexity.evaluate(tinyContext(tinySession({ evaluate: evaluation })), model, sources);

test('perplexity is what a direct computation gives, for texts and for instructions', async t => {
  const sources = [source('even', 4), source('odd', 3), source('asks', 3, 'instruction')];
  const results = await measure(sources, { tokens: 1000 });
  t.deepEqual(Object.keys(results), ['even', 'odd', 'asks']);
  for (const { name, validation } of sources) {
    const expected = await direct(model, validation);
    t.true(Math.abs(results[name]!.perplexity / expected - 1) < 1e-6, `${name} ${expected}`);
  }
});

test('as many whole chunks are read as the limit begins', async t => {
  const counts = async (tokens: number): Promise<number> =>
    (await measure([source('text', 5)], { tokens })).text!.tokens;
  t.is(await counts(1), 6);
  t.is(await counts(12), 12);
  t.is(await counts(13), 18);
  t.is(await counts(1000), 30);
});

test('the limit holds for each source, and the first chunks are the ones', async t => {
  const sources = [source('long', 5), source('short', 1)];
  const { long, short } = await measure(sources, { tokens: 18 });
  t.deepEqual([long!.tokens, short!.tokens], [18, 6]);
  const expected = await direct(model, sources[0]!.validation.slice(0, 3));
  t.true(Math.abs(long!.perplexity / expected - 1) < 1e-6);
});

test('of an instruction the tokens of the answer are counted', async t => {
  const { asks } = await measure([source('asks', 3, 'instruction')], { tokens: 1000 });
  t.is(asks!.tokens, 9);
});

test('the length of a chunk is reported, the token that is only read included', async t => {
  t.is((await measure([source('text', 1)])).text!.chunk, POSITIONS + 1);
});

test('an interrupted evaluation stops', async t => {
  const run = tinyContext(tinySession(), AbortSignal.abort(new Error('enough')));
  await t.throwsAsync(perplexity.evaluate(run, model, [source('text', 1)]), { message: 'enough' });
});

test('the plugin provides "perplexity"', t => {
  t.is(providedBy(evaluatorPerplexity(), Evaluator, 'perplexity'), perplexity);
});
