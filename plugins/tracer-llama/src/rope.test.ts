import test from 'ava';
import { ropeFrequencies, ropeTable } from './rope.js';

const close = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-12 * Math.abs(b);

test('frequencies fall from 1 by the powers of θ', t => {
  t.deepEqual([...ropeFrequencies(4, { theta: 100, scaling: undefined })], [1, 0.1]);
  const frequencies = ropeFrequencies(128, { theta: 10_000, scaling: undefined });
  t.is(frequencies.length, 64);
  for (const [i, frequency] of frequencies.entries()) t.true(close(frequency, 1 / 10_000 ** (i / 64)));
});

test('linear scaling divides all of them: position p · factor turns as p did', t => {
  const plain = ropeFrequencies(8, { theta: 10_000, scaling: undefined });
  const scaled = ropeFrequencies(8, { theta: 10_000, scaling: { type: 'linear', factor: 4 } });
  for (const [i, frequency] of scaled.entries()) t.true(close(frequency * 4, plain[i]!));
});

test('llama3 keeps short waves, divides long ones, and goes from one to the other between them', t => {
  // Llama 3.1 8B
  const scaling = { type: 'llama3', factor: 8, low: 1, high: 4, original: 8192 } as const;
  const plain = ropeFrequencies(128, { theta: 500_000, scaling: undefined });
  const scaled = ropeFrequencies(128, { theta: 500_000, scaling });
  const ratios = Array.from(scaled, (frequency, i) => plain[i]! / frequency);
  const wavelengths = Array.from(plain, frequency => (2 * Math.PI) / frequency);
  let between = 0;
  for (const [i, ratio] of ratios.entries()) {
    if (wavelengths[i]! < 8192 / 4) t.true(close(ratio, 1));
    else if (wavelengths[i]! > 8192) t.true(close(ratio, 8));
    else {
      between++;
      t.true(ratio > 1 && ratio < 8);
      // linear in the number of waves that fit into the original length: 4 → 1, 1 → 1/8
      const share = (8192 / wavelengths[i]! - 1) / 3;
      t.true(close(1 / ratio, share + (1 - share) / 8));
    }
    if (i > 0) t.true(ratio >= ratios[i - 1]! - 1e-12);
  }
  t.true(between > 3);
});

test('a table holds one row per position', t => {
  const table = ropeTable(Math.cos, 3, Float64Array.of(1, 0.1));
  t.deepEqual([...table], [0, 0, 1, 0.1, 2, 0.2].map(Math.cos));
});
