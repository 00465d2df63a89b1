import test from 'ava';
import { halvesToPairs, pairsToHalves } from './rotary-rows.js';

test('rows of the halves of a head alternate, and go back', t => {
  // 2 heads of 6 rows of 2 numbers; a row holds its number, and the same and a half.
  const rows = Float32Array.from({ length: 24 }, (_, i) => i / 2);
  const pairs = halvesToPairs(rows, 2, 6);
  t.deepEqual(
    Array.from({ length: 12 }, (_, row) => pairs[2 * row]),
    [0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11],
  );
  t.deepEqual(pairsToHalves(pairs, 2, 6), rows);
});

test('a bias is a matrix of width 1', t => {
  t.deepEqual(halvesToPairs(Float32Array.of(0, 1, 2, 3), 1, 4), Float32Array.of(0, 2, 1, 3));
});

test('sizes that do not fit are a fault of the caller', t => {
  t.throws(() => pairsToHalves(new Float32Array(10), 2, 4), { message: /do not make 2 heads of 4 rows/ });
  t.throws(() => pairsToHalves(new Float32Array(9), 3, 3), { message: /do not make/ });
});
