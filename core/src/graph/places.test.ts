import test from 'ava';
import { GraphBuilder } from './builder.js';
import { evaluate } from './evaluate.js';
import { largestDifference } from './fixtures/cut-feeds.js';
import { tinyDecoder, tinyFamilies, tinyFeeds, withLora } from './fixtures/tiny-decoder.js';
import { linear } from './ops/linear.js';
import { neg } from './ops/neg.js';
import { transpose } from './ops/transpose.js';
import { places } from './places.js';
import { subgraph } from './subgraph.js';
import { withLoss } from './with-loss.js';

for (const [family, options] of Object.entries(tinyFamilies))
  test(`${family}: from what passes any place on, the rest computes what the whole does`, t => {
    const graph = withLoss(withLora(tinyDecoder(options)));
    const feeds = tinyFeeds(graph);
    const whole = evaluate(graph, feeds);
    const nll = graph.outputs.get('nll')!;
    const found = places(graph);
    t.is(found.length, graph.nodes.length);
    for (const { at, live } of found.slice(0, -1)) {
      const rest = subgraph(graph, { given: live, outputs: new Map([['nll', nll]]) });
      t.true(rest.nodes.length <= graph.nodes.length - at);
      const own = Object.fromEntries(
        [...rest.inputs, ...rest.parameters.keys()].map(name => [name, whole.get(name)!]),
      );
      t.is(largestDifference(evaluate(rest, own).get(nll)!.data, whole.get(nll)!.data), 0);
    }
  });

test('what follows from parameters alone passes no place: the rest makes it again', t => {
  const g = new GraphBuilder();
  const turned = transpose(g, g.parameter('w', [2, 3]), [1, 0]);
  const x = neg(g, g.input('x', [4, 2]));
  g.output('y', linear(g, x, turned));
  const graph = g.build();
  t.deepEqual(
    places(graph).map(({ live }) => live),
    [[], [x.name], []],
  );
  t.deepEqual(
    subgraph(graph, { given: [x.name] }).nodes.map(({ op }) => op),
    ['Transpose', 'Linear'],
  );
});
