import test from 'ava';
import { GraphBuilder } from './builder.js';
import { largestDifference, outputAt } from './fixtures/cut-feeds.js';
import { tinyDecoder, tinyFeeds } from './fixtures/tiny-decoder.js';
import { flopsByPath } from './flops.js';
import { type Graph, outputOf, valueNamed } from './graph.js';
import { exp } from './ops/exp.js';
import { linear } from './ops/linear.js';
import { withLogitsAt, withLoss } from './with-loss.js';

for (const tied of [false, true]) {
  const graph = tinyDecoder({ tied });
  const loss = withLoss(graph);
  const feeds = tinyFeeds(loss);
  const vocabulary = 11;

  test(`${tied ? 'tied' : 'untied'}: nll is the negative log-likelihood of the targets, and loss its weighted sum`, t => {
    const logits = outputAt(graph, 'logits', feeds);
    const expected = Array.from(feeds.targets!.data, (target, row) => {
      const own = logits.subarray(row * vocabulary, (row + 1) * vocabulary);
      return Math.log(own.reduce((sum, x) => sum + Math.exp(x), 0)) - own[target]!;
    });
    t.true(largestDifference(outputAt(loss, 'nll', feeds), Float64Array.from(expected)) < 1e-12);
    const sum = expected.reduce((total, nll, row) => total + nll * feeds.weights!.data[row]!, 0);
    t.true(Math.abs(outputAt(loss, 'loss', feeds)[0]! - sum) < 1e-12);
  });

  test(`${tied ? 'tied' : 'untied'}: the head is part of the loss and the logits are gone`, t => {
    t.deepEqual([...loss.outputs.keys()], ['loss', 'nll']);
    t.deepEqual(loss.inputs, ['input_ids', 'targets', 'weights']);
    t.deepEqual(outputOf(loss, 'loss').shape, []);
    t.deepEqual(outputOf(loss, 'nll').shape, [6]);
    const heads = loss.nodes.filter(node => node.path === 'lm_head');
    t.deepEqual(
      heads.map(({ op }) => op),
      ['LinearCrossEntropy'],
    );
    t.deepEqual([...loss.parameters.keys()], [...graph.parameters.keys()]);
  });
}

test('logits of chosen rows are those rows of the logits', t => {
  const graph = tinyDecoder();
  const some = withLogitsAt(graph, 3);
  const rows = { shape: [3], data: Float64Array.of(5, 0, 5) };
  const feeds = { ...tinyFeeds(graph), rows };
  const all = outputAt(graph, 'logits', feeds);
  const found = outputAt(some, 'logits', feeds);
  t.deepEqual(outputOf(some, 'logits').shape, [3, 11]);
  for (const [i, row] of rows.data.entries())
    t.is(largestDifference(found.subarray(i * 11, i * 11 + 11), all.subarray(row * 11, row * 11 + 11)), 0);
});

test('a loss of chosen rows has their nll, and pays the head for no others', t => {
  const graph = tinyDecoder();
  const [all, some] = [withLoss(graph), withLoss(graph, 3)];
  const feeds = tinyFeeds(all);
  const rows = Float64Array.of(5, 0, 5);
  const chosen = (data: Float64Array) => ({ shape: [3], data: rows.map(row => data[row]!) });
  const own = {
    ...feeds,
    rows: { shape: [3], data: rows },
    targets: chosen(feeds.targets!.data),
    weights: chosen(feeds.weights!.data),
  };
  const nll = chosen(outputAt(all, 'nll', feeds)).data;
  t.is(largestDifference(outputAt(some, 'nll', own), nll), 0);
  const loss = nll.reduce((sum, x, i) => sum + x * own.weights.data[i]!, 0);
  t.true(Math.abs(outputAt(some, 'loss', own)[0]! - loss) < 1e-12);
  const head = (of: Graph): number => flopsByPath(of).get('lm_head')!;
  t.is(head(some), head(all) / 2);
});

test('a loss without gradient costs one product with the head, one with gradient two', t => {
  const forward = withLoss(tinyDecoder());
  const product = 2 * 6 * 8 * 11;
  const head = (of: Graph): number => flopsByPath(of).get('lm_head')!;
  t.is(head(forward), product + 6 * (6 * 11 + 5));
  const direction = valueNamed(forward, forward.nodes.at(-1)!.outputs[2]!);
  const trained = { ...forward, outputs: new Map([...forward.outputs, ['direction', direction.name]]) };
  t.is(head(trained) - head(forward), product + 6 * (4 * 11 + 8));
});

test('logits that a plain linear layer does not make are refused', t => {
  const build = (make: (g: GraphBuilder) => void): (() => unknown) => {
    const g = new GraphBuilder();
    make(g);
    return () => withLoss(g.build());
  };
  t.throws(
    build(g => g.at('top', () => g.output('logits', exp(g, g.input('x', [2, 3]))))),
    { message: 'the logits come from Exp at top, not from a plain linear layer' },
  );
  t.throws(
    build(g => g.output('logits', g.input('x', [2, 3]))),
    { message: /from an input/ },
  );
  t.throws(
    build(g => {
      const bias = g.parameter('b', [4]);
      g.output('logits', linear(g, g.input('x', [2, 3]), g.parameter('w', [4, 3]), bias));
    }),
    { message: /not from a plain linear layer/ },
  );
});
