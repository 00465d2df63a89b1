import test from 'ava';
import { GraphBuilder } from './builder.js';
import { evaluate } from './evaluate.js';
import { outputAt } from './fixtures/cut-feeds.js';
import { tinyDecoder, tinyFeeds, withLora } from './fixtures/tiny-decoder.js';
import { type InputStatistic, inputName, observeInputs } from './observe-inputs.js';
import { linear } from './ops/linear.js';

const readers = ['model.layers.0.self_attn.o_proj.weight', 'model.layers.1.mlp.down_proj.weight'];
const graph = withLora(tinyDecoder());
const all: readonly InputStatistic[] = ['squares', 'sums', 'spreads', 'gram'];
const observed = observeInputs(graph, new Set(readers), all);

test('each statistic is over the tokens that are present', t => {
  const feeds = tinyFeeds(graph);
  const presence = [1, 1, 0, 1, 0, 0];
  const present = { shape: [6], data: Float64Array.from(presence) };
  const tensors = evaluate(graph, feeds);
  for (const param of readers) {
    const { shape, data } = tensors.get(graph.nodes.find(node => node.inputs[1] === param)!.inputs[0]!)!;
    const width = shape[1]!;
    const rows = [0, 1, 3].map(row => [...data.subarray(row * width, (row + 1) * width)]);
    const sum = (f: (x: number[]) => number): number => rows.reduce((total, x) => total + f(x), 0);
    const columns = Array.from({ length: width }, (_, j) => j);
    const expected: Record<InputStatistic, number[]> = {
      squares: columns.map(j => sum(x => x[j]! ** 2)),
      sums: columns.map(j => sum(x => x[j]!)),
      spreads: columns.map(j => sum(x => (x[j]! - sum(y => y[j]!) / 3) ** 2)),
      gram: columns.flatMap(i => columns.map(j => sum(x => x[i]! * x[j]!))),
    };
    for (const statistic of all) {
      const found = outputAt(observed, inputName(statistic, param), { ...feeds, present });
      t.is(found.length, expected[statistic].length);
      for (const [i, value] of expected[statistic].entries())
        t.true(
          Math.abs(found[i]! - value) <= 1e-12 * Math.max(1, Math.abs(value)),
          `${statistic} ${param} ${i}`,
        );
    }
  }
});

test('nothing else is observed, and the logits stay', t => {
  t.deepEqual(
    [...observed.outputs.keys()],
    ['logits', ...readers.flatMap(param => all.map(statistic => inputName(statistic, param)))],
  );
  t.deepEqual(observed.inputs, ['input_ids', 'present']);
  const feeds = { ...tinyFeeds(graph), present: { shape: [6], data: new Float64Array(6) } };
  t.deepEqual(outputAt(observed, 'logits', feeds), outputAt(graph, 'logits', feeds));
});

test('without a weight to observe nothing is added', t => {
  const same = observeInputs(graph, new Set(), all);
  t.deepEqual(same.inputs, ['input_ids']);
  t.is(same.nodes.length, graph.nodes.length);
});

test('the inputs of a weight that is read twice are added up', t => {
  const g = new GraphBuilder();
  const w = g.parameter('w', [3, 2]);
  const [x, z] = [g.input('x', [1, 2]), g.input('z', [1, 2])];
  g.output('a', linear(g, x, w));
  g.output('b', linear(g, z, w));
  const feeds = {
    ...tinyFeeds(g.build()),
    x: { shape: [1, 2], data: Float64Array.of(1, 2) },
    z: { shape: [1, 2], data: Float64Array.of(3, -4) },
    present: { shape: [1], data: Float64Array.of(1) },
  };
  const found = outputAt(
    observeInputs(g.build(), new Set(['w']), ['squares']),
    inputName('squares', 'w'),
    feeds,
  );
  t.deepEqual(found, Float64Array.of(10, 20));
});
