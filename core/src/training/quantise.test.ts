import test from 'ava';
import { createRng } from '../rng.js';
import { dequantiseRows, quantiseRows } from './quantise.js';

test('a row of 127 steps: the nearest, halves up, zero stays', t => {
  const { values, scales } = quantiseRows(Float32Array.of(127, -127, 0, 2.5, -2.5, 63.4), 6);
  t.deepEqual([...values], [127, -127, 0, 3, -2, 63]);
  t.deepEqual([...scales], [1]);
});

test('each row has the scale of its largest magnitude', t => {
  const { scales } = quantiseRows(Float32Array.of(127, 1, -254, 3, 0.127, 0), 2);
  t.deepEqual([...scales], [1, 2, Math.fround(Math.fround(0.127) / 127)]);
});

test('no element is off by more than half a step, some by about that, and once more changes nothing', t => {
  const [rows, columns] = [11, 37];
  const rng = createRng(5);
  const matrix = Float32Array.from({ length: rows * columns }, () => rng.normal());
  const made = quantiseRows(matrix, columns);
  const back = dequantiseRows(made);
  const steps = matrix.map((w, i) => Math.abs(back[i]! - w) / made.scales[Math.floor(i / columns)]!);
  const largest = Math.max(...steps);
  t.true(largest <= 0.50001 && largest > 0.45, `${largest}`);
  t.deepEqual(quantiseRows(back, columns), made);
});

test('rows of zeros stay zeros, and numbers that are not finite are not hidden', t => {
  const back = dequantiseRows(
    quantiseRows(Float32Array.of(0, 0, Number.NaN, 1, Number.POSITIVE_INFINITY, 1, 1, -1), 2),
  );
  t.deepEqual([...back.subarray(0, 2)], [0, 0]);
  t.true(back.subarray(2, 6).every(Number.isNaN));
  t.deepEqual([...back.subarray(6)], [1, -1]);
});

test('magnitudes that have no scale in float32 become zero', t => {
  t.deepEqual([...dequantiseRows(quantiseRows(Float32Array.of(2 ** -149, 0), 2))], [0, 0]);
});
