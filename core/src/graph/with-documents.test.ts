import test from 'ava';
import { couple } from './couple.js';
import { differentiate, gradientRole } from './differentiate.js';
import { expandGraph } from './expand.js';
import { largestDifference, outputAt } from './fixtures/cut-feeds.js';
import { tinyDecoder, tinyFamilies, tinyFeeds, withLora } from './fixtures/tiny-decoder.js';
import type { Graph } from './graph.js';
import type { Dense } from './operator.js';
import { waists } from './waists.js';
import { withDocuments } from './with-documents.js';
import { withLoss } from './with-loss.js';

/** Documents of 3, 1 and 4 tokens, and 2 positions of padding. */
const lengths = [3, 1, 4];
const sequence = 10;
const numbers = Float64Array.of(0, 0, 0, 1, 2, 2, 2, 2, -1, -1);
const ids = Float64Array.of(3, 7, 1, 7, 3, 3, 0, 9, 5, 5);
const weights = Float64Array.of(1, 0.5, 2, 1, 0, 1, 1, 3, 0, 0);

const row = (data: Float64Array): Dense => ({ shape: [data.length], data });
const matrix = (data: Float64Array): Dense => ({ shape: [1, data.length], data });

/** Groups without the numbers of their dimensions, which count all axes of a graph. */
const described = (graph: Graph) =>
  couple(graph).groups.map(({ id, units, unitCost, unprunable, members, adapterMembers }) => ({
    ...{ id, units, unitCost, unprunable },
    members: [...members, ...adapterMembers].map(({ param, axis, side }) => `${param}[${axis}] ${side}`),
  }));

for (const [family, options] of Object.entries(tinyFamilies)) {
  const graphOf = (length: number) =>
    withLoss(withLora(tinyDecoder({ ...options, batch: 1, sequence: length })));
  const whole = withDocuments(graphOf(sequence));
  const feedsOf = (from: number, to: number): Record<string, Dense> => ({
    ...tinyFeeds(whole),
    input_ids: matrix(ids.slice(from, to)),
    targets: row(ids.slice(from, to)),
    weights: row(weights.slice(from, to)),
    documents: matrix(numbers.slice(from, to)),
  });
  const feeds = feedsOf(0, sequence);
  const places = lengths.map((length, i): [from: number, to: number] => {
    const from = lengths.slice(0, i).reduce((sum, before) => sum + before, 0);
    return [from, from + length];
  });

  test(`${family}: a document computes what it does in a sequence of its own`, t => {
    const packed = outputAt(whole, 'nll', feeds);
    const unmasked = outputAt(graphOf(sequence), 'nll', feeds);
    for (const [from, to] of places) {
      const alone = outputAt(graphOf(to - from), 'nll', feedsOf(from, to));
      t.true(largestDifference(packed.slice(from, to), alone) < 1e-12);
      t.is(largestDifference(unmasked.slice(from, to), alone) > 1e-3, from > 0, 'the mask matters');
    }
  });

  test(`${family}: gradients are the sums of those of the documents alone`, t => {
    const wrt = [...whole.parameters.keys()];
    const packed = differentiate(whole, { wrt });
    const alone = places.map(
      ([from, to]) => [differentiate(graphOf(to - from), { wrt }), feedsOf(from, to)] as const,
    );
    for (const name of wrt) {
      const found = outputAt(packed, gradientRole(name), feeds);
      const parts = alone.map(([graph, own]) => outputAt(graph, gradientRole(name), own));
      const sum = found.map((_, i) => parts.reduce((total, part) => total + part[i]!, 0));
      t.true(largestDifference(found, sum) < 1e-12, name);
      t.true(
        found.some(x => x !== 0),
        name,
      );
    }
  });

  test(`${family}: no layer is given more than the residual stream, and nothing couples otherwise`, t => {
    const plain = graphOf(sequence);
    t.deepEqual(waists(whole), waists(plain));
    t.deepEqual(
      whole.inputs.filter(name => name !== 'documents'),
      plain.inputs,
    );
    t.deepEqual(described(whole), described(plain));
  });
}

test('a sequence that is one document gives the same bits as one without', t => {
  const plain = withLoss(tinyDecoder());
  const graph = withDocuments(plain);
  const documents = { shape: [2, 3], data: new Float64Array(6).fill(4) };
  const [found, expected] = [{ ...tinyFeeds(graph), documents }, tinyFeeds(plain)].map((feeds, i) =>
    outputAt([graph, plain][i]!, 'nll', feeds),
  );
  t.deepEqual(found, expected);
});

test('attention that is made of primitives is refused', t => {
  t.throws(() => withDocuments(expandGraph(tinyDecoder()).graph), { message: /made of primitives/ });
});
