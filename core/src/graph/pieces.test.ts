import test from 'ava';
import { GraphBuilder } from './builder.js';
import { tinyDecoder, tinyFamilies, withLora } from './fixtures/tiny-decoder.js';
import { inputName, observeInputs } from './observe-inputs.js';
import { linear } from './ops/linear.js';
import { EXIT, pieces, weightBytes } from './pieces.js';
import { withLoss } from './with-loss.js';

for (const [family, options] of Object.entries(tinyFamilies))
  test(`${family}: what stands before the layers, each layer, and what stands behind`, t => {
    const graph = withLoss(withLora(tinyDecoder(options)));
    const parts = pieces(graph);
    t.deepEqual(
      parts.map(({ path }) => path),
      ['model.embed_tokens', 'model.layers.0', 'model.layers.1', 'lm_head'],
    );
    t.deepEqual(
      parts.map(({ entry }) => entry),
      [undefined, ...parts.slice(0, -1).map(({ exit }) => exit)],
    );
    t.deepEqual(
      parts.map(part => [...part.graph.outputs.keys()]),
      [[EXIT], [EXIT], [EXIT], ['loss', 'nll']],
    );
    for (const { graph: part, entry } of parts.slice(1)) t.true(part.inputs.includes(entry!));
    // Nothing is computed twice, and nothing is left out.
    t.deepEqual(
      parts.flatMap(part => part.graph.nodes),
      [...graph.nodes],
    );
  });

test('a weight lies in the piece that reads it, a tied one in two', t => {
  const graph = tinyDecoder({ tied: true, hidden: 8, vocabulary: 11 });
  const parts = pieces(graph);
  const readers = (name: string): string[] =>
    parts.filter(part => part.graph.parameters.has(name)).map(({ path }) => path);
  t.deepEqual(readers('model.embed_tokens.weight'), ['model.embed_tokens', 'lm_head']);
  t.deepEqual(readers('model.layers.1.mlp.up_proj.weight'), ['model.layers.1']);
  t.is(weightBytes(parts[0]!.graph), 4 * 11 * 8);
  t.is(weightBytes(parts[3]!.graph), 4 * (11 * 8 + 8));
  t.is(weightBytes(parts[1]!.graph), weightBytes(parts[2]!.graph));
});

test('outputs of the whole are outputs of the piece that makes them', t => {
  const seen = new Set(['model.layers.0.mlp.down_proj.weight', 'lm_head.weight']);
  const graph = withLoss(observeInputs(tinyDecoder(), seen, ['squares']));
  const roles = pieces(graph).map(part => [...part.graph.outputs.keys()]);
  t.deepEqual(roles, [
    [EXIT],
    [inputName('squares', 'model.layers.0.mlp.down_proj.weight'), EXIT],
    [EXIT],
    [inputName('squares', 'lm_head.weight'), 'loss', 'nll'],
  ]);
});

test('what numbers no layers is one piece', t => {
  const g = new GraphBuilder();
  const x = g.input('x', [2, 3]);
  const y = linear(g, x, g.parameter('a', [3, 3]));
  g.output('y', linear(g, y, g.parameter('b', [4, 3])));
  g.output('x', x);
  const [only, ...others] = pieces(g.build());
  t.deepEqual(others, []);
  t.deepEqual([...only!.graph.outputs.keys()], ['y', 'x']);
  t.deepEqual([only!.entry, only!.exit], [undefined, undefined]);
});
