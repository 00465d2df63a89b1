import test from 'ava';
import { evaluate } from './evaluate.js';
import { outputAt } from './fixtures/cut-feeds.js';
import { tinyDecoder, tinyFeeds, withLora } from './fixtures/tiny-decoder.js';
import { observeBlocks, similarityName } from './observe-blocks.js';
import { pieces } from './pieces.js';

const graph = withLora(tinyDecoder());
const observed = observeBlocks(graph);

test('the cosines of the hidden states before and behind each layer are summed over the tokens that are present', t => {
  const feeds = tinyFeeds(graph);
  const presence = [1, 1, 0, 1, 0, 0];
  const present = { shape: [6], data: Float64Array.from(presence) };
  const tensors = evaluate(graph, feeds);
  const layers = pieces(graph).filter(({ path }) => path.startsWith('model.layers.'));
  t.is(layers.length, 2);
  for (const [layer, { entry, exit }] of layers.entries()) {
    const [a, b] = [tensors.get(entry!)!, tensors.get(exit!)!];
    const width = a.shape[1]!;
    const row = ({ data }: typeof a, token: number): number[] => [
      ...data.subarray(token * width, (token + 1) * width),
    ];
    const expected = presence.reduce((sum, p, token) => {
      const [x, y] = [row(a, token), row(b, token)];
      return sum + (p * x.reduce((dot, v, i) => dot + v * y[i]!, 0)) / (Math.hypot(...x) * Math.hypot(...y));
    }, 0);
    const [found] = outputAt(observed, similarityName(layer), { ...feeds, present });
    t.true(Math.abs(found! - expected) < 1e-12, `layer ${layer}: ${found}, expected ${expected}`);
  }
});

test('the logits stay, and the graph is cut into the same pieces', t => {
  t.deepEqual([...observed.outputs.keys()], ['logits', similarityName(0), similarityName(1)]);
  const shapeOf = (list: ReturnType<typeof pieces>) =>
    list.map(({ path, entry, exit }) => [path, entry, exit]);
  t.deepEqual(shapeOf(pieces(observed)), shapeOf(pieces(graph)));
});
