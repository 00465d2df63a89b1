import test from 'ava';
import { batchFeeds, type Sequence } from './sequence.js';

const sequence = (...weights: number[]): Sequence => ({
  ids: Int32Array.from(weights, (_, i) => i + 1),
  targets: Int32Array.from(weights, (_, i) => i + 2),
  weights: Float32Array.from(weights),
  length: weights.length,
});

test('rows that are missing are padded and do not count', t => {
  const { feeds, tokens } = batchFeeds([sequence(1, 1, 1), sequence(0, 1, 1)], 3, 3);
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
  const { feeds, tokens } = batchFeeds([sequence(0, 0)], 1, 2);
  t.is(tokens, 0);
  t.deepEqual(feeds.weights!.data, Float32Array.of(0, 0));
});
