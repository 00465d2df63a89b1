import test from 'ava';
import { evaluate } from './evaluate.js';
import { largestDifference } from './fixtures/cut-feeds.js';
import { tinyDecoder, tinyFamilies, tinyFeeds, withLora } from './fixtures/tiny-decoder.js';
import { subgraph } from './subgraph.js';
import { waists } from './waists.js';
import { withLoss } from './with-loss.js';

for (const [family, options] of Object.entries(tinyFamilies)) {
  const graph = withLoss(withLora(tinyDecoder(options)));

  test(`${family}: the residual stream is a waist behind each half of a layer`, t => {
    const paths = waists(graph).map(({ at }) => graph.nodes[at - 1]!);
    t.deepEqual(
      paths.filter(({ op }) => op === 'Add').map(({ path }) => path),
      ['model.layers.0', 'model.layers.0', 'model.layers.1', 'model.layers.1'],
    );
  });

  test(`${family}: the pieces between two waists compute what the whole does`, t => {
    const whole = evaluate(graph, tinyFeeds(graph));
    const expected = whole.get(graph.outputs.get('loss')!)!.data;
    let feeds = tinyFeeds(graph);
    const places = waists(graph);
    for (const [i, { value }] of places.entries()) {
      const before = places[i - 1];
      const piece = subgraph(graph, {
        given: before ? [before.value] : [],
        outputs: new Map([['out', value]]),
      });
      const own = Object.fromEntries(
        [...piece.inputs, ...piece.parameters.keys()].map(name => [name, feeds[name]!]),
      );
      feeds = { ...feeds, [value]: evaluate(piece, own).get(value)! };
    }
    const last = places.at(-1)!.value;
    const rest = subgraph(graph, { given: [last] });
    const own = Object.fromEntries(
      [...rest.inputs, ...rest.parameters.keys()].map(name => [name, feeds[name]!]),
    );
    t.is(largestDifference(evaluate(rest, own).get(graph.outputs.get('loss')!)!.data, expected), 0);
  });
}

test('a part has the inputs, parameters and constants that it reads, and no more', t => {
  const graph = withLoss(tinyDecoder());
  const residual = waists(graph).find(({ at }) => graph.nodes[at - 1]!.path === 'model.layers.1')!;
  const part = subgraph(graph, { given: [residual.value] });
  t.deepEqual(part.inputs, ['targets', 'weights', residual.value]);
  t.true([...part.parameters.keys()].every(name => !name.includes('layers.0.')));
  t.true(part.parameters.has('model.layers.1.mlp.up_proj.weight'));
  t.false(part.parameters.has('model.layers.1.self_attn.q_proj.weight'));
  t.is(part.constants.size, 0);
  t.true(part.nodes.length < graph.nodes.length);
  t.deepEqual(part.outputs, graph.outputs);
});
