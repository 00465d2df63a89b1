import test from 'ava';
import { createRng } from '../rng.js';
import { joined, pack } from './pack.js';
import type { Sequence } from './sequence.js';

const record = (...ids: number[]): Sequence => ({
  ids: Int32Array.from(ids),
  targets: Int32Array.from(ids, id => id + 1),
  weights: new Float32Array(ids.length).fill(1, 1),
  length: ids.length,
});

test('every record has one place, and no sequence is overfull', t => {
  for (const seed of [1, 2, 3]) {
    const rng = createRng(seed);
    const lengths = Array.from({ length: 300 }, () => 1 + rng.integer(64));
    const packs = pack(lengths, 64);
    t.deepEqual(
      packs.flat().sort((a, b) => a - b),
      [...lengths.keys()],
    );
    for (const records of packs) t.true(records.reduce((sum, i) => sum + lengths[i]!, 0) <= 64);
    const least = Math.ceil(lengths.reduce((sum, length) => sum + length, 0) / 64);
    t.true(packs.length <= 1.05 * least, `${packs.length} sequences, where ${least} are the least possible`);
  }
});

test('a record goes where it leaves the least room; sequences keep the order of their longest records', t => {
  //         0  1  2  3  4  5
  const lengths = [2, 6, 3, 7, 4, 10];
  t.deepEqual(pack(lengths, 10), [[0], [1, 4], [3, 2], [5]]);
  t.deepEqual(pack([3, 3, 3, 1, 1, 1], 4), [
    [0, 3],
    [1, 4],
    [2, 5],
  ]);
  t.deepEqual(pack([0, 2], 2), [[1, 0]]);
  t.deepEqual(pack([], 10), []);
});

test('records that share a sequence keep their numbers, and padding has none', t => {
  const { documents, ...sequence } = joined([record(3, 4, 5), record(7, 8)], 7);
  t.deepEqual(sequence, {
    ids: Int32Array.of(3, 4, 5, 7, 8, 0, 0),
    targets: Int32Array.of(4, 5, 6, 8, 9, 0, 0),
    weights: Float32Array.of(0, 1, 1, 0, 1, 0, 0),
    length: 5,
  });
  t.deepEqual(documents, Int32Array.of(0, 0, 0, 1, 1, -1, -1));
});

test('a record that is alone is no document among others', t => {
  t.false('documents' in joined([record(3, 4)], 4));
});
