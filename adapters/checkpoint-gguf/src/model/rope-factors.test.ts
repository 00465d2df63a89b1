import { throwsCode } from '@secateur/core/testing';
import test from 'ava';
import { llama3ScalingOf } from './rope-factors.js';

/** As llama.cpp's converter computes them: frequencies are float32. */
const factorsOf = (headDim: number, theta: number, factor: number, original: number): Float32Array =>
  Float32Array.from({ length: headDim / 2 }, (_, i) => {
    const frequency = Math.fround(1 / Math.fround(theta ** Math.fround((2 * i) / headDim)));
    const wavelength = (2 * Math.PI) / frequency;
    if (wavelength < original / 4) return 1;
    if (wavelength > original) return factor;
    const smooth = (original / wavelength - 1) / 3;
    return 1 / ((1 - smooth) / factor + smooth);
  });

for (const [what, headDim, theta, factor, original] of [
  ['LLaMA 3.1', 128, 500_000, 8, 8192],
  ['LLaMA 3.2', 64, 500_000, 32, 8192],
  ['a small context', 16, 500, 4, 16],
  ['a factor that float32 does not hold', 128, 500_000, 1.1, 8192],
  ['another context', 128, 1_000_000, 4, 32_768],
] as const)
  test(`${what}: the parameters are found`, t => {
    t.deepEqual(llama3ScalingOf('m.gguf', factorsOf(headDim, theta, factor, original), theta), {
      rope_type: 'llama3',
      factor,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: original,
    });
  });

test('factors of 1 stretch nothing', t => {
  t.is(llama3ScalingOf('m.gguf', new Float32Array(8).fill(1), 10_000), undefined);
});

test('other factors are refused', async t => {
  const factors = factorsOf(128, 500_000, 8, 8192);
  const changed = (i: number, value: number) => factors.map((factor, at) => (at === i ? value : factor));
  for (const other of [
    changed(30, factors[30]! * 1.0001),
    changed(63, Number.NaN),
    changed(0, 2),
    factors.map(() => 0),
    Float32Array.from({ length: 64 }, (_, i) => 1 + i / 8),
  ])
    await throwsCode(t, () => llama3ScalingOf('m.gguf', other, 500_000), 'E_GGUF', /stretches RoPE/);
});
