import test from 'ava';
import { batchFeeds, type Sequence } from '../data/sequence.js';
import type { SecateurError } from '../errors.js';
import { loraNames } from '../graph/attach-lora.js';
import { evaluate } from '../graph/evaluate.js';
import { type Graph, outputOf, sizeOf, valueNamed } from '../graph/graph.js';
import { consumerOf, gateName, insertGates } from '../graph/insert-gates.js';
import type { Dense } from '../graph/operator.js';
import { add } from '../graph/ops/add.js';
import { pieces } from '../graph/pieces.js';
import { rebuild } from '../graph/rebuild.js';
import { withLoss } from '../graph/with-loss.js';
import type { Passes } from '../passes/passes.js';
import { streamedPasses } from '../passes/streamed-passes.js';
import { wholePasses } from '../passes/whole-passes.js';
import type { SignalName } from '../ports/saliency.js';
import { createRng } from '../rng.js';
import { InterpreterEngine } from '../testing/interpreter-engine.js';
import { openTinyModel } from '../testing/tiny-model.js';
import { collectSignals } from './collect.js';

const model = await openTinyModel();
const engine = new InterpreterEngine(ref => model.source.format.read(ref));
const passes = wholePasses(engine);
const groups = model.groups.filter(
  ({ kind, unprunable }) => !unprunable && ['kv-head', 'channel'].includes(kind),
);
const length = 4;

/** Three sequences: one whole, one with a prompt that does not count, one with padding. */
const sequences = [4, 4, 3].map((present, i): Sequence => {
  const rng = createRng(i);
  const draw = (): Int32Array => Int32Array.from({ length }, () => rng.integer(11));
  const weights = Float32Array.from({ length }, (_, at) => Number(at < present && (i !== 1 || at > 1)));
  return { ids: draw(), targets: draw(), weights, length: present };
});

const collect = (
  needs: SignalName[],
  options: { batch?: number; gates?: Map<string, Float32Array>; passes?: Passes } = {},
) => collectSignals({ passes, model, groups, needs: new Set(needs), sequences, batch: 2, ...options });

/** Float64 feeds of one sequence on its own, with gates. */
const feedsOf = async (
  sequence: Sequence,
  gates: Record<string, Float64Array>,
): Promise<Record<string, Dense>> => {
  const { feeds } = batchFeeds([sequence], { batch: 1, sequence: length });
  const own = sequence.weights.reduce((sum, weight) => sum + weight, 0);
  const dense: Record<string, Dense> = {};
  for (const [name, { shape, data }] of Object.entries(feeds))
    dense[name] = { shape, data: Float64Array.from(data as ArrayLike<number | bigint>, Number) };
  dense.weights = { shape: [length], data: Float64Array.from(sequence.weights, weight => weight / own) };
  for (const { name, shape } of model.graph({ batch: 1, sequence: length }).parameters.values())
    dense[name] = { shape, data: Float64Array.from(model.fed.get(name) ?? (await model.weight(name))) };
  for (const [name, data] of Object.entries(gates)) dense[name] = { shape: [1, data.length], data };
  return dense;
};

test('gate gradients are averaged over sequences, each by the mean loss of its own tokens', async t => {
  const graph = withLoss(insertGates(model.graph({ batch: 1, sequence: length }), groups, 1));
  const open = (): Record<string, Float64Array> =>
    Object.fromEntries(groups.map(group => [gateName(group), new Float64Array(group.units).fill(1)]));
  const found = new Map<number, Awaited<ReturnType<typeof collect>>>();
  for (const batch of [1, 2, 3]) found.set(batch, await collect(['gateGradient'], { batch }));
  for (const group of groups)
    for (let unit = 0; unit < group.units; unit++) {
      const gradients: number[] = [];
      for (const sequence of sequences) {
        const at = async (gate: number): Promise<number> => {
          const gates = open();
          gates[gateName(group)]![unit] = gate;
          const tensors = evaluate(graph, await feedsOf(sequence, gates));
          return tensors.get(outputOf(graph, 'loss').name)!.data[0]!;
        };
        gradients.push(((await at(1 + 1e-4)) - (await at(1 - 1e-4))) / 2e-4);
      }
      const mean = (f: (g: number) => number): number =>
        gradients.reduce((sum, g) => sum + f(g), 0) / gradients.length;
      for (const [batch, signals] of found) {
        const statistics = signals.gateGradient(group);
        const near = (a: number, b: number): boolean =>
          t.true(Math.abs(a - b) < 1e-5, `${group.id} ${unit} in batches of ${batch}: ${a}, expected ${b}`);
        near(
          statistics.mean[unit]!,
          mean(g => g),
        );
        near(statistics.meanAbsolute[unit]!, mean(Math.abs));
        near(
          statistics.meanSquare[unit]!,
          mean(g => g * g),
        );
      }
    }
});

test('input norms are over all tokens that hold text, whether they count or not', async t => {
  const graph = model.graph({ batch: 1, sequence: length });
  const signals = await collect(['inputNorms']);
  for (const group of groups) {
    const { param } = consumerOf(group)!;
    const x = graph.nodes.find(node => node.inputs[1] === param)!.inputs[0]!;
    let squares: number[] = [];
    for (const sequence of sequences) {
      const { shape, data } = evaluate(graph, await feedsOf(sequence, {})).get(x)!;
      squares = Array.from({ length: shape[1]! }, (_, j) => {
        let sum = squares[j] ?? 0;
        for (let row = 0; row < sequence.length; row++) sum += data[row * shape[1]! + j]! ** 2;
        return sum;
      });
    }
    const norms = signals.inputNorms(param);
    t.is(norms.length, squares.length);
    for (const [j, norm] of norms.entries()) t.true(Math.abs(norm - Math.sqrt(squares[j]!)) < 1e-5);
  }
});

/** Inputs of a weight at the tokens of all sequences that hold text. */
const inputsOf = async (param: string): Promise<number[][]> => {
  const graph = model.graph({ batch: 1, sequence: length });
  const x = graph.nodes.find(node => node.inputs[1] === param)!.inputs[0]!;
  const rows: number[][] = [];
  for (const sequence of sequences) {
    const { shape, data } = evaluate(graph, await feedsOf(sequence, {})).get(x)!;
    const width = shape[1]!;
    for (let row = 0; row < sequence.length; row++)
      rows.push([...data.subarray(row * width, (row + 1) * width)]);
  }
  return rows;
};

test('moments and Gram matrices are those of all tokens that hold text, however they are batched', async t => {
  for (const batch of [1, 2, 3]) {
    const signals = await collect(['inputMoments', 'inputGram'], { batch });
    for (const { param } of groups.map(group => consumerOf(group)!)) {
      const rows = await inputsOf(param);
      const mean = (f: (x: number[]) => number): number =>
        rows.reduce((sum, x) => sum + f(x), 0) / rows.length;
      const moments = signals.inputMoments(param);
      const gram = signals.inputGram(param);
      t.is(signals.tokens, rows.length);
      const width = rows[0]!.length;
      for (let j = 0; j < width; j++) {
        const centre = mean(x => x[j]!);
        t.true(Math.abs(moments.mean[j]! - centre) < 1e-6);
        t.true(Math.abs(moments.variance[j]! - mean(x => (x[j]! - centre) ** 2)) < 1e-6);
        for (let i = 0; i < width; i++)
          t.true(Math.abs(gram[i * width + j]! - rows.length * mean(x => x[i]! * x[j]!)) < 1e-5);
      }
    }
  }
});

/** Adds an input to the output of a linear layer, so that each of its entries can be moved. */
const nudged = (graph: Graph, param: string): Graph =>
  rebuild(graph, (g, node, inputs) => {
    if (node.inputs[1] !== param) return undefined;
    const [y] = g.apply(node.op, inputs, node.attributes);
    return [add(g, y!, g.input('nudge', y!.shape))];
  });

test('output gradients are squared over tokens and outputs, each sequence by its own mean loss', async t => {
  for (const { param } of groups.map(group => consumerOf(group)!)) {
    const graph = nudged(withLoss(model.graph({ batch: 1, sequence: length })), param);
    const { shape } = valueNamed(graph, 'nudge');
    const lossName = outputOf(graph, 'loss').name;
    let [squares, entries] = [0, 0];
    for (const sequence of sequences) {
      const feeds = await feedsOf(sequence, {});
      const at = (entry: number, by: number): number => {
        const data = new Float64Array(sizeOf(shape));
        data[entry] = by;
        return evaluate(graph, { ...feeds, nudge: { shape, data } }).get(lossName)!.data[0]!;
      };
      for (let entry = 0; entry < sequence.length * shape[1]!; entry++, entries++)
        squares += ((at(entry, 1e-4) - at(entry, -1e-4)) / 2e-4) ** 2;
    }
    for (const batch of [1, 2, 3]) {
      const found = (await collect(['outputGradient'], { batch })).outputGradient(param);
      t.true(Math.abs(found - squares / entries) < 1e-5 * found, `${param}: ${found}, ${squares / entries}`);
    }
  }
});

/** d loss / d w of one entry by central differences, for some sequences. */
const slope = async (name: string, index: number, rows: readonly Sequence[]): Promise<number> => {
  const graph = withLoss(model.graph({ batch: 1, sequence: length }));
  let sum = 0;
  let tokens = 0;
  for (const sequence of rows) {
    const feeds = await feedsOf(sequence, {});
    const own = sequence.weights.reduce((total, weight) => total + weight, 0);
    const at = (shift: number): number => {
      const { shape, data } = feeds[name]!;
      const moved = Float64Array.from(data);
      moved[index]! += shift;
      return evaluate(graph, { ...feeds, [name]: { shape, data: moved } }).get(outputOf(graph, 'loss').name)!
        .data[0]!;
    };
    sum += (own * (at(1e-4) - at(-1e-4))) / 2e-4;
    tokens += own;
  }
  return sum / tokens;
};

test('weights and factors have the gradient of the mean loss, and the Fisher diagonal that of each sequence', async t => {
  const member = 'model.layers.1.mlp.up_proj.weight';
  const indices = [0, 7, 30];
  for (const batch of [1, 2]) {
    const signals = await collect(['gradient', 'fisher', 'loraGradient'], { batch });
    const lora = signals.loraGradient(member)!;
    for (const index of indices) {
      const near = (found: number, expected: number): boolean =>
        t.true(Math.abs(found - expected) < 1e-5, `${index} in batches of ${batch}: ${found}, ${expected}`);
      near(signals.gradient(member).data[index]!, await slope(member, index, sequences));
      const each = await Promise.all(sequences.map(sequence => slope(member, index, [sequence])));
      near(signals.fisher(member).data[index]!, each.reduce((sum, g) => sum + g * g, 0) / each.length);
    }
    const { a, b } = loraNames('model.layers.1.mlp.up_proj');
    for (const [name, gradient] of [
      [a, lora.byA],
      [b, lora.byB],
    ] as const)
      t.true(Math.abs(gradient[3]! - (await slope(name, 3, sequences))) < 1e-5);
    t.is(signals.gradient(member).shape.join(), '6,8');
    t.is(lora.a, model.lora.arrays.get(a)!);
  }
  const signals = await collect(['loraGradient']);
  t.is(signals.loraGradient('lm_head.weight'), undefined);
});

test('block similarity is the mean cosine over a layer', async t => {
  const graph = model.graph({ batch: 1, sequence: length });
  const signals = await collect(['blockSimilarity']);
  for (const [layer, { entry, exit }] of pieces(graph).slice(1, 3).entries()) {
    const cosines: number[] = [];
    for (const sequence of sequences) {
      const tensors = evaluate(graph, await feedsOf(sequence, {}));
      const [x, y] = [tensors.get(entry!)!, tensors.get(exit!)!];
      const width = x.shape[1]!;
      for (let row = 0; row < sequence.length; row++) {
        const [u, v] = [x, y].map(({ data }) => [...data.subarray(row * width, (row + 1) * width)]);
        const dot = u!.reduce((sum, value, i) => sum + value * v![i]!, 0);
        cosines.push(dot / Math.hypot(...u!) / Math.hypot(...v!));
      }
    }
    const expected = cosines.reduce((sum, cosine) => sum + cosine, 0) / cosines.length;
    t.true(Math.abs(signals.blockSimilarity(layer) - expected) < 1e-6);
  }
});

test('streamed passes collect the same, to the rounding of hidden states', async t => {
  const streamed = streamedPasses({ engine, clock: { now: () => 0 } });
  const needs: SignalName[] = [
    'gateGradient',
    'inputNorms',
    'inputMoments',
    'inputGram',
    'outputGradient',
    'blockSimilarity',
  ];
  const [whole, streams] = [await collect(needs), await collect(needs, { passes: streamed })];
  const near = (a: Float64Array, b: Float64Array): void => {
    const scale = a.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
    for (const [i, x] of a.entries()) t.true(Math.abs(x - b[i]!) < 1e-6 * scale, `${x} ${b[i]}`);
  };
  for (const group of groups) {
    const [expected, found] = [whole.gateGradient(group), streams.gateGradient(group)];
    for (const name of ['mean', 'meanAbsolute', 'meanSquare'] as const) near(expected[name], found[name]);
    const { param } = consumerOf(group)!;
    near(whole.inputNorms(param), streams.inputNorms(param));
    near(whole.inputGram(param), streams.inputGram(param));
    const ratio = streams.outputGradient(param) / whole.outputGradient(param);
    t.true(Math.abs(ratio - 1) < 1e-6);
    for (const name of ['mean', 'variance'] as const)
      near(whole.inputMoments(param)[name], streams.inputMoments(param)[name]);
    t.true(Math.abs(whole.blockSimilarity(group.layer!) - streams.blockSimilarity(group.layer!)) < 1e-6);
  }
});

test('closed gates are seen by the inputs behind them', async t => {
  const [group] = groups;
  const row = new Float32Array(group!.units).fill(1);
  row[1] = 0;
  const signals = await collect(['inputNorms'], { gates: new Map([[group!.id, row]]) });
  const norms = signals.inputNorms(consumerOf(group!)!.param);
  t.deepEqual(
    [...norms].map(norm => norm === 0),
    Array.from({ length: 16 }, (_, column) => column >= 8),
  );
});

test('a signal that was not declared is refused, and not computed', async t => {
  const refused = (f: () => unknown): SecateurError => t.throws(f) as unknown as SecateurError;
  const gates = await collect(['gateGradient']);
  const norms = await collect(['inputNorms']);
  const first = refused(() => gates.inputNorms(consumerOf(groups[0]!)!.param));
  const second = refused(() => norms.gateGradient(groups[0]!));
  t.deepEqual([first.code, second.code], ['E_SIGNAL_NOT_DECLARED', 'E_SIGNAL_NOT_DECLARED']);
  t.regex(first.message, /"inputNorms"/);
  t.is(second.hint, "add needs: ['gateGradient'] to the scorer");
});

test('without signals the engine is not used', async t => {
  const compile = (): never => {
    throw new Error('the engine was used');
  };
  const idle = { compile, info: () => engine.info(), close: () => engine.close() };
  const signals = await collectSignals({
    passes: wholePasses(idle),
    model,
    groups,
    needs: new Set(),
    sequences,
    batch: 2,
  });
  t.is(signals.groups, groups);
});

test('weights come as they are, as the model computes with them, and as their update', async t => {
  const signals = await collect([]);
  const name = 'model.layers.0.mlp.gate_proj.weight';
  const [weight, effective, update] = [
    await signals.weight(name),
    await signals.effective(name),
    (await signals.update(name))!,
  ];
  t.deepEqual(weight.shape, [6, 8]);
  const { scaling } = model.lora.specs.get('model.layers.0.mlp.gate_proj')!;
  for (let i = 0; i < sizeOf(weight.shape); i++)
    t.true(Math.abs(effective.data[i]! - weight.data[i]! - scaling * update.data[i]!) < 1e-6);
  t.is(await signals.update('model.norm.weight'), undefined);
  t.is(await signals.update('lm_head.weight'), undefined);
});

test('an interrupted collection stops', async t => {
  const signal = AbortSignal.abort(new Error('enough'));
  await t.throwsAsync(
    collectSignals({ passes, model, groups, needs: new Set(['inputNorms']), sequences, batch: 2, signal }),
    { message: 'enough' },
  );
});
