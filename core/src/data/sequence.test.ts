import test from 'ava';
import { batchFeeds, hasDocuments, inputFeeds, paddingOf, type Sequence, stepFeeds } from './sequence.js';

const sequence = (...weights: number[]): Sequence => ({
  ids: Int32Array.from(weights, (_, i) => i + 1),
  targets: Int32Array.from(weights, (_, i) => i + 2),
  weights: Float32Array.from(weights),
  length: weights.length,
});

test('rows that are missing are padded and do not count', t => {
  const { feeds, tokens } = batchFeeds([sequence(1, 1, 1), sequence(0, 1, 1)], { batch: 3, sequence: 3 });
  t.is(tokens, 5);
  t.deepEqual(feeds.input_ids, { shape: [3, 3], data: BigInt64Array.of(1n, 2n, 3n, 1n, 2n, 3n, 0n, 0n, 0n) });
  t.deepEqual(feeds.targets, { shape: [9], data: BigInt64Array.of(2n, 3n, 4n, 2n, 3n, 4n, 0n, 0n, 0n) });
  const share = Math.fround(1 / 5);
  t.deepEqual(feeds.weights, {
    shape: [9],
    data: Float32Array.of(share, share, share, 0, share, share, 0, 0, 0),
  });
});

test('a batch in which nothing counts has weights of 0', t => {
  const { feeds, tokens } = batchFeeds([sequence(0, 0)], { batch: 1, sequence: 2 });
  t.is(tokens, 0);
  t.deepEqual(feeds.weights!.data, Float32Array.of(0, 0));
});

test('the runs of a step share its counted tokens', t => {
  const sequences = [sequence(1, 1, 1), sequence(0, 1, 1), sequence(0, 0, 0), sequence(0, 0, 1)];
  const shares = (batch: number) =>
    stepFeeds(sequences, { batch, sequence: 3 }).map(({ weights }) =>
      [...weights!.data].map(weight => Math.round(Number(weight) * 6)),
    );
  t.deepEqual(shares(4), [[1, 1, 1, 0, 1, 1, 0, 0, 0, 0, 0, 1]]);
  t.deepEqual(shares(2), [
    [1, 1, 1, 0, 1, 1],
    [0, 0, 0, 0, 0, 1],
  ]);
  t.deepEqual(shares(1).flat(), shares(4).flat());
  const shape = { batch: 4, sequence: 3 };
  t.deepEqual(stepFeeds(sequences, shape), [batchFeeds(sequences, shape).feeds]);
});

const shared: Sequence = { ...sequence(1, 1, 0), documents: Int32Array.of(0, 1, -1), length: 2 };

test('documents are numbered where the graph takes them', t => {
  const feeds = inputFeeds([sequence(1, 1, 1), shared], { batch: 3, sequence: 3, documents: true });
  t.deepEqual(Object.keys(feeds), ['input_ids', 'documents']);
  t.deepEqual(feeds.documents, { shape: [3, 3], data: Float32Array.of(0, 0, 0, 0, 1, -1, 0, 0, 0) });
  t.deepEqual(Object.keys(inputFeeds([sequence(1)], { batch: 1, sequence: 1 })), ['input_ids']);
});

test('documents are never fed to a graph that would mix them up', t => {
  t.true(hasDocuments([sequence(1, 1, 1), shared]));
  t.false(hasDocuments([sequence(1, 1, 1)]));
  t.throws(() => inputFeeds([shared], { batch: 1, sequence: 3 }), { message: /does not keep them apart/ });
});

test('padding is what holds no text', t => {
  t.is(paddingOf([sequence(0, 1, 1), shared]), 1 / 6);
  t.is(paddingOf([]), 0);
});
