import test from 'ava';
import { GraphBuilder } from './builder.js';
import { expandGraph } from './expand.js';
import { largestDifference, outputAt } from './fixtures/cut-feeds.js';
import { tinyDecoder, tinyFamilies, tinyFeeds, withLora } from './fixtures/tiny-decoder.js';
import type { Graph } from './graph.js';
import type { Dense } from './operator.js';
import { waists } from './waists.js';
import { canTakeBranches, withBranches } from './with-branches.js';
import { withLoss } from './with-loss.js';

/** A trunk of 3 tokens with branches of 2 and 1, a text without branches, a trunk with one branch, and padding. */
const parts = [
  { document: 0, trunk: 0, from: 0, ids: [3, 7, 1] },
  { document: 1, trunk: 0, from: 3, ids: [7, 3] },
  { document: 2, trunk: 0, from: 3, ids: [0] },
  { document: 3, trunk: 3, from: 0, ids: [9, 2] },
  { document: 4, trunk: 4, from: 0, ids: [5] },
  { document: 5, trunk: 4, from: 1, ids: [3, 7, 1] },
  { document: -1, trunk: -1, from: 0, ids: [0, 0] },
];
const sequence = parts.reduce((sum, { ids }) => sum + ids.length, 0);
/** The texts, as the parts that they are made of. */
const texts = [[0, 1], [0, 2], [3], [4, 5]];

const row = (data: readonly number[]): Dense => ({ shape: [data.length], data: Float64Array.from(data) });
const matrix = (data: readonly number[]): Dense => ({ ...row(data), shape: [1, data.length] });
const start = (part: number): number => parts.slice(0, part).reduce((sum, { ids }) => sum + ids.length, 0);

for (const [family, options] of Object.entries(tinyFamilies)) {
  const graphOf = (length: number) =>
    withLoss(withLora(tinyDecoder({ ...options, batch: 1, sequence: length })));
  const plain = graphOf(sequence);
  const shared = withBranches(plain);
  const lossFeeds = (ids: readonly number[]): Record<string, Dense> => ({
    ...tinyFeeds(plain),
    input_ids: matrix(ids),
    targets: row(ids.map(id => (id * 3 + 1) % 11)),
    weights: row(ids.map(() => 1)),
  });
  const each = (value: (part: (typeof parts)[number], at: number) => number): number[] =>
    parts.flatMap(part => part.ids.map((_, i) => value(part, i)));
  const feeds = {
    ...lossFeeds(each(({ ids }, i) => ids[i]!)),
    documents: matrix(each(({ document }) => document)),
    trunks: matrix(each(({ trunk }) => trunk)),
    positions: row(each(({ from }, i) => from + i)),
  };

  test(`${family}: a text computes what it does in a sequence of its own`, t => {
    const found = outputAt(shared, 'nll', feeds);
    for (const text of texts) {
      const ids = text.flatMap(part => parts[part]!.ids);
      const alone = outputAt(graphOf(ids.length), 'nll', lossFeeds(ids));
      const own = text.flatMap(part => [...found.slice(start(part), start(part) + parts[part]!.ids.length)]);
      t.true(largestDifference(Float64Array.from(own), alone) < 1e-12, `${text}`);
    }
  });

  test(`${family}: positions, documents and trunks all matter`, t => {
    const found = outputAt(shared, 'nll', feeds);
    for (const name of ['positions', 'documents', 'trunks'] as const) {
      const other = { ...feeds, [name]: { ...feeds[name], data: feeds[name].data.map(() => 1) } };
      t.true(largestDifference(outputAt(shared, 'nll', other), found) > 1e-3, name);
    }
  });

  test(`${family}: no layer is given more than the residual stream`, t => {
    const values = (graph: Graph) => waists(graph).map(({ value }) => value);
    t.deepEqual(values(shared), values(plain));
  });
}

test('attention in primitives, in batches or with a window is refused', t => {
  const expanded = expandGraph(tinyDecoder({ batch: 1 })).graph;
  const windowed = (window: number) => {
    const g = new GraphBuilder();
    const q = g.input('q', [1, 4, 1, 1, 2]);
    const k = g.input('k', [1, 4, 1, 2]);
    g.output('y', g.apply('CausalAttention', [q, k, k], { scale: 1, window })[0]!);
    return g.build();
  };
  for (const graph of [expanded, tinyDecoder({ batch: 2 }), windowed(3)]) {
    t.false(canTakeBranches(graph));
    t.throws(() => withBranches(graph), { message: /take no branches/ });
  }
  t.true(canTakeBranches(windowed(4)));
});
