import test from 'ava';
import type { Sequence } from '../data/sequence.js';
import { batchesOf, batchShapeOf, LossBatch, stack } from './loss-batch.js';

/** Ids 10, 11, and so on; targets one more. */
const sequence = (...weights: number[]): Sequence => ({
  ids: Int32Array.from(weights, (_, t) => 10 + t),
  targets: Int32Array.from(weights, (_, t) => 11 + t),
  weights: Float32Array.from(weights),
  length: weights.length,
});
const full = (count: number): Sequence[] => Array.from({ length: count }, () => sequence(1, 1, 1, 1));

test('runs hold what fits, in the number of rows that leaves the fewest empty', t => {
  const rows = (count: number, tokens: number): number => batchShapeOf(full(count), tokens).rows;
  t.is(rows(3, 32), 3);
  t.is(rows(16, 32), 8);
  t.is(rows(10, 32), 5);
  t.is(rows(13, 32), 7);
  t.is(rows(17, 32), 6);
  t.is(rows(5, 1), 1);
  t.is(rows(0, 32), 1);
  t.deepEqual(batchesOf([1, 2, 3, 4, 5], 2), [[1, 2], [3, 4], [5]]);
});

test('what lies behind the last position that counts is not computed', t => {
  t.is(batchShapeOf([sequence(0, 1, 0, 0), sequence(0, 0, 1, 0)], 100).length, 3);
  t.is(batchShapeOf(full(2), 100).length, 4);
  t.is(batchShapeOf([sequence(0, 0)], 100).length, 1);
});

test('the head is paid for as many positions as the fullest batch counts, or for all without a choice', t => {
  t.is(batchShapeOf(full(3), 100).count, undefined);
  t.is(batchShapeOf([sequence(0, 1, 0, 1), sequence(0, 0, 1, 1)], 100).count, 4);
  t.is(batchShapeOf([sequence(0, 1, 0, 1), sequence(1, 1, 1, 1), sequence(0, 0, 0, 1)], 4).count, undefined);
});

test('a batch is fed as often as it is asked for, and each copy points into itself', t => {
  const shape = { length: 3, rows: 2, count: 4, documents: false };
  const batch = new LossBatch([sequence(0, 0.5, 1)], shape);
  t.is(batch.weight, 1.5);
  const { input_ids, targets, weights, rows } = batch.feeds(2);
  t.deepEqual(input_ids!.shape, [4, 3]);
  t.deepEqual([...input_ids!.data].map(Number), [10, 11, 12, 0, 0, 0, 10, 11, 12, 0, 0, 0]);
  t.deepEqual([...rows!.data].map(Number), [1, 2, 0, 0, 7, 8, 6, 6]);
  t.deepEqual([...targets!.data].map(Number), [12, 13, 0, 0, 12, 13, 0, 0]);
  t.deepEqual([...weights!.data].map(Number), [0.5, 1, 0, 0, 0.5, 1, 0, 0]);
  const nll = { shape: [8], data: Float32Array.of(2, 3, 9, 9, 4, 5, 9, 9) };
  t.is(batch.sum(nll, 0), 0.5 * 2 + 3);
  t.is(batch.sum(nll, 1), 0.5 * 4 + 5);
});

test('tensors are stacked along the first axis; a single one is handed on', t => {
  const one = { shape: [1, 2], data: Float32Array.of(1, 2) };
  t.is(stack([one]), one);
  t.deepEqual(stack([one, { shape: [1, 2], data: Float32Array.of(3, 4) }]), {
    shape: [2, 2],
    data: Float32Array.of(1, 2, 3, 4),
  });
  t.deepEqual(
    stack([
      { shape: [1], data: BigInt64Array.of(5n) },
      { shape: [1], data: BigInt64Array.of(6n) },
    ]),
    {
      shape: [2],
      data: BigInt64Array.of(5n, 6n),
    },
  );
});
