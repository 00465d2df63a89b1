import test from 'ava';
import type { RemovalGroup } from '../domain/removal-group.js';
import { createRng } from '../rng.js';
import { GraphBuilder } from './builder.js';
import { compact, cutsOf } from './compact.js';
import { couple } from './couple.js';
import { differentiate, gradientRole } from './differentiate.js';
import type { DenseFeeds } from './evaluate.js';
import { largestDifference, outputAt, slicedFeeds } from './fixtures/cut-feeds.js';
import { tinyDecoder, tinyFamilies, tinyFeeds, withLora } from './fixtures/tiny-decoder.js';
import { type Graph, outputOf } from './graph.js';
import { consumerOf, gateName, insertGates } from './insert-gates.js';
import { indicesOfUnit } from './layout.js';
import type { Dense } from './operator.js';
import { linear } from './ops/linear.js';
import { withLoss } from './with-loss.js';

const batch = 2;

const gatable = (graph: Graph): RemovalGroup[] =>
  couple(graph).groups.filter(group => group.unprunable === undefined && consumerOf(group) !== undefined);

/** Gates at 1, but for the units that are closed. */
const gatesOf = (
  groups: readonly RemovalGroup[],
  closed: ReadonlyMap<string, readonly number[]>,
): DenseFeeds =>
  Object.fromEntries(
    groups.map(group => [
      gateName(group),
      {
        shape: [batch, group.units],
        data: Float64Array.from({ length: batch * group.units }, (_, i) =>
          closed.get(group.id)?.includes(i % group.units) ? 0 : 1,
        ),
      },
    ]),
  );

for (const [family, options] of Object.entries(tinyFamilies)) {
  const graph = withLora(tinyDecoder(options));
  const groups = gatable(graph);
  const feeds = tinyFeeds(graph);

  test(`${family}: open gates change nothing`, t => {
    const gated = insertGates(graph, groups, batch);
    const opened = outputAt(gated, 'logits', { ...feeds, ...gatesOf(groups, new Map()) });
    t.is(largestDifference(opened, outputAt(graph, 'logits', feeds)), 0);
  });

  test(`${family}: a closed gate is the unit's removal, for every kind`, t => {
    const gated = insertGates(graph, groups, batch);
    const coupling = couple(graph);
    const kinds = new Set<string>();
    for (const group of groups.filter(({ layer }) => layer === 1)) {
      const removed = new Map([[group.id, [group.units - 1]]]);
      const closed = outputAt(gated, 'logits', { ...feeds, ...gatesOf(groups, removed) });
      const cuts = cutsOf(removed, coupling.groups);
      const cut = outputAt(compact(graph, coupling, removed), 'logits', slicedFeeds(feeds, cuts));
      t.true(largestDifference(closed, cut) <= 1e-10, `${group.id} ${largestDifference(closed, cut)}`);
      t.true(largestDifference(closed, outputAt(graph, 'logits', feeds)) > 1e-3, group.id);
      kinds.add(group.kind);
    }
    t.true(kinds.has('channel') && (kinds.has('kv-head') || kinds.has('query-head')));
  });
}

test('gates of all kinds at once are the removal of all of them', t => {
  const graph = withLora(tinyDecoder());
  const groups = gatable(graph);
  const coupling = couple(graph);
  const feeds = tinyFeeds(graph);
  const removed = new Map(groups.map(({ id, units }, i) => [id, [i % units]]));
  const closed = outputAt(insertGates(graph, groups, batch), 'logits', {
    ...feeds,
    ...gatesOf(groups, removed),
  });
  const cuts = cutsOf(removed, coupling.groups);
  const cut = outputAt(compact(graph, coupling, removed), 'logits', slicedFeeds(feeds, cuts));
  t.true(largestDifference(closed, cut) <= 1e-10);
});

test('each sequence has gates of its own', t => {
  const graph = tinyDecoder();
  const [group] = gatable(graph);
  const feeds = tinyFeeds(graph);
  const gates = gatesOf([group!], new Map());
  gates[gateName(group!)]!.data[group!.units] = 0; // unit 0 of the second sequence
  const whole = outputAt(graph, 'logits', feeds);
  const gated = outputAt(insertGates(graph, [group!], batch), 'logits', { ...feeds, ...gates });
  const half = whole.length / 2;
  t.is(largestDifference(gated.subarray(0, half), whole.subarray(0, half)), 0);
  t.true(largestDifference(gated.subarray(half), whole.subarray(half)) > 1e-3);
});

/** Gradients at open gates, of the loss over one of the two sequences. */
const gradientsOf = (graph: Graph, wrt: readonly string[], feeds: DenseFeeds): Map<string, Dense> => {
  const backward = differentiate(withLoss(graph), { wrt });
  const all = { ...tinyFeeds(backward), ...feeds };
  return new Map(
    wrt.map(name => {
      const role = gradientRole(name);
      return [name, { shape: outputOf(backward, role).shape, data: outputAt(backward, role, all) }];
    }),
  );
};

test('the gradient by a gate is Σ w · ∂L/∂w over the columns that read the unit, for each sequence', t => {
  const graph = tinyDecoder();
  const groups = gatable(graph);
  const feeds = { ...tinyFeeds(graph), ...gatesOf(groups, new Map()) };
  const readers = [...new Set(groups.map(group => consumerOf(group)!.param))];
  const gated = insertGates(graph, groups, batch);
  const rng = createRng(2);
  const all = Float64Array.from({ length: 6 }, () => rng.next());
  for (const sequence of [0, 1]) {
    const weights = { shape: [6], data: all.map((w, at) => (Math.floor(at / 3) === sequence ? w : 0)) };
    const byGate = gradientsOf(gated, groups.map(gateName), { ...feeds, weights });
    const byWeight = gradientsOf(graph, readers, { ...feeds, weights });
    for (const group of groups) {
      const { param, layout } = consumerOf(group)!;
      const [out, into] = feeds[param]!.shape as [number, number];
      const found = byGate.get(gateName(group))!;
      t.deepEqual(found.shape, [batch, group.units]);
      for (let unit = 0; unit < group.units; unit++) {
        let expected = 0;
        for (const column of indicesOfUnit(layout, group.dimension, unit))
          for (let i = 0; i < out; i++)
            expected +=
              feeds[param]!.data[i * into + column]! * byWeight.get(param)!.data[i * into + column]!;
        const error = Math.abs(found.data[sequence * group.units + unit]! - expected);
        t.true(error <= 1e-12 * Math.max(1, Math.abs(expected)), `${group.id} ${unit} ${error}`);
        t.is(found.data[(1 - sequence) * group.units + unit], 0);
      }
    }
  }
});

test('with LoRA, the gradient by a gate counts the columns of A too', t => {
  const graph = withLora(tinyDecoder());
  const group = gatable(graph).find(({ kind }) => kind === 'channel')!;
  const feeds = { ...tinyFeeds(graph), ...gatesOf([group], new Map()) };
  const { param, layout } = consumerOf(group)!;
  const members = [
    param,
    ...group.adapterMembers.filter(({ side }) => side === 'consumer').map(m => m.param),
  ];
  t.is(members.length, 2);
  const byGate = gradientsOf(insertGates(graph, [group], batch), [gateName(group)], feeds).get(
    gateName(group),
  )!;
  const byWeight = gradientsOf(graph, members, feeds);
  for (let unit = 0; unit < group.units; unit++) {
    let expected = 0;
    for (const name of members)
      for (const column of indicesOfUnit(layout, group.dimension, unit))
        for (let i = column; i < feeds[name]!.data.length; i += group.units)
          expected += feeds[name]!.data[i]! * byWeight.get(name)!.data[i]!;
    const found = byGate.data[unit]! + byGate.data[group.units + unit]!;
    t.true(Math.abs(found - expected) <= 1e-12 * Math.max(1, Math.abs(expected)));
  }
});

test('a weight that is read twice is gated twice, by the same gates', t => {
  const g = new GraphBuilder();
  const [first, second] = [g.input('x', [batch, 4]), g.input('z', [batch, 4])];
  const [up, down] = [g.parameter('up.weight', [5, 4]), g.parameter('down.weight', [3, 5])];
  g.output(
    'y',
    g.at('one', () => linear(g, linear(g, first, up), down)),
  );
  g.output(
    'w',
    g.at('two', () => linear(g, linear(g, second, up), down)),
  );
  const graph = g.build();
  const groups = gatable(graph);
  const gated = insertGates(graph, groups, batch);
  t.deepEqual(
    groups.map(({ units }) => units),
    [5],
  );
  t.deepEqual(gated.inputs, ['x', 'z', gateName(groups[0]!)]);
  const feeds = { ...tinyFeeds(graph), ...gatesOf(groups, new Map([[groups[0]!.id, [0, 1, 2, 3, 4]]])) };
  for (const role of ['y', 'w']) t.true(outputAt(gated, role, feeds).every(x => x === 0));
});

test('a group without a single reader cannot be gated', t => {
  const graph = tinyDecoder();
  const hidden = couple(graph).groups.find(({ kind }) => kind === 'hidden')!;
  t.is(consumerOf(hidden), undefined);
  t.throws(() => insertGates(graph, [hidden], batch), {
    message: 'model#hidden has no single consumer to gate',
  });
});
