import test from 'ava';
import type { Sequence } from '../data/sequence.js';
import { tokeniseSource } from '../data/tokenise.js';
import { couple } from '../graph/couple.js';
import { evaluate } from '../graph/evaluate.js';
import { outputOf } from '../graph/graph.js';
import { withLoss } from '../graph/with-loss.js';
import { wholePasses } from '../passes/whole-passes.js';
import { createRng } from '../rng.js';
import { InterpreterEngine } from '../testing/interpreter-engine.js';
import { openTinyModel } from '../testing/tiny-model.js';
import { gateFeeds, LossMeter } from './loss-meter.js';

const model = await openTinyModel();
const engine = new InterpreterEngine(ref => model.source.format.read(ref));
const passes = wholePasses(engine);
const length = 3;

/** Sequences of which some positions do not count. */
const sequences = Array.from({ length: 5 }, (_, i): Sequence => {
  const rng = createRng(i);
  const ids = (): Int32Array => Int32Array.from({ length }, () => rng.integer(11));
  return { ids: ids(), targets: ids(), weights: Float32Array.of(Number(i % 2 === 0), 1, 1), length };
});

/** Mean over the tokens that count, one sequence at a time, in float64. */
const expectedMean = async (): Promise<number> => {
  const graph = withLoss(model.graph({ batch: 1, sequence: length }));
  let [sum, count] = [0, 0];
  for (const { ids, targets, weights } of sequences) {
    const feeds = {
      input_ids: { shape: [1, length], data: Float64Array.from(ids) },
      targets: { shape: [length], data: Float64Array.from(targets) },
      weights: { shape: [length], data: Float64Array.from(weights) },
      ...Object.fromEntries(
        await Promise.all(
          [...graph.parameters.values()].map(async ({ name, shape }) => {
            const data = model.fed.get(name) ?? (await model.weight(name));
            return [name, { shape, data: Float64Array.from(data) }] as const;
          }),
        ),
      ),
    };
    sum += evaluate(graph, feeds).get(outputOf(graph, 'loss').name)!.data[0]!;
    count += weights.reduce((total, weight) => total + weight, 0);
  }
  return sum / count;
};

test('the mean is over counted tokens, whatever the batch', async t => {
  const expected = await expectedMean();
  for (const batch of [1, 2, 4]) {
    const meter = await LossMeter.open(passes, model, { batch, sequence: length });
    const { loss, tokens } = await meter.mean(sequences);
    t.is(tokens, 13);
    t.true(Math.abs(loss - expected) < 1e-6, `${loss} ${expected}`);
    await meter.close();
  }
});

test('gates close units for one measurement only', async t => {
  const groups = model.groups.filter(({ kind }) => kind === 'channel');
  const meter = await LossMeter.open(passes, model, { batch: 2, sequence: length, groups });
  const whole = await meter.mean(sequences);
  const closed = await meter.mean(sequences, new Map([[groups[0]!.id, new Float32Array(groups[0]!.units)]]));
  t.true(Math.abs(closed.loss - whole.loss) > 1e-3);
  t.deepEqual(await meter.mean(sequences), whole);
});

test('nothing to measure is a loss of 0 over 0 tokens', async t => {
  const meter = await LossMeter.open(passes, model, { batch: 2, sequence: length });
  t.deepEqual(await meter.mean([]), { loss: 0, tokens: 0 });
});

test('gates are the same for every sequence; a group that is not named is open', t => {
  const [first, second] = couple(model.graph({ batch: 1, sequence: 2 })).groups.filter(
    g => g.kind === 'kv-head',
  );
  const feeds = gateFeeds([first!, second!], new Map([[second!.id, Float32Array.of(1, 0)]]), 3);
  t.deepEqual(feeds[`gate:${first!.id}`], { shape: [3, 2], data: new Float32Array(6).fill(1) });
  t.deepEqual(feeds[`gate:${second!.id}`], { shape: [3, 2], data: Float32Array.of(1, 0, 1, 0, 1, 0) });
});

test('instructions that share sequences lose what they do alone', async t => {
  const tokenizer = {
    ...{ size: 11, bos: 1, eos: 2, opening: [1], start: 1, decode: () => '' },
    encode: (text: string) => Array.from(text, letter => 3 + (letter.charCodeAt(0) & 7)),
  };
  const rng = createRng(3);
  const letters = (count: number): string =>
    Array.from({ length: count }, () => String.fromCharCode(97 + rng.integer(8))).join('');
  const documents = Array.from({ length: 30 }, () => ({
    prompt: letters(rng.integer(4)),
    text: letters(1 + rng.integer(9)),
  }));
  const source = { name: 'asks', kind: 'instruction', documents, hash: '' } as const;
  const options = { sequence: 16, chunk: 17, validation: 0.3, tuning: 0.3, vocabulary: 11 };
  const none = tokeniseSource(source, tokenizer, options);
  const packed = tokeniseSource(source, tokenizer, { ...options, packing: 'instructions' });
  const shape = { batch: 2, sequence: 16 };
  const [alone, together] = [
    await LossMeter.open(passes, model, shape),
    await LossMeter.open(passes, model, { ...shape, documents: true }),
  ];
  for (const part of ['train', 'tuning', 'validation'] as const) {
    t.true(packed[part].length < none[part].length);
    const [expected, found] = [await alone.mean(none[part]), await together.mean(packed[part])];
    t.is(found.tokens, expected.tokens);
    t.true(Math.abs(found.loss - expected.loss) < 1e-6, `${part}: ${found.loss} ${expected.loss}`);
  }
});
