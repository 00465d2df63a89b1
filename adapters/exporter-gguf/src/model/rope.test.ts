import test from 'ava';
import { readRope } from './rope.js';

test('without scaling there is the base alone', t => {
  t.deepEqual(readRope({}, 8), { theta: 10_000, linear: 1, factors: undefined });
  t.deepEqual(readRope({ rope_parameters: { rope_type: 'default', rope_theta: 500 } }, 8).theta, 500);
});

test('linear scaling is a number', t => {
  t.is(readRope({ rope_scaling: { type: 'linear', factor: 4 } }, 8).linear, 4);
});

// The sizes of Llama-3.2-1B.
test('the factors of LLaMA 3 keep short wavelengths, stretch long ones and blend between', t => {
  const scaling = {
    rope_type: 'llama3',
    factor: 32,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 8192,
  };
  const factors = readRope({ rope_theta: 500_000, rope_scaling: scaling }, 64).factors!;
  t.is(factors.length, 32);
  t.true(factors.subarray(0, 15).every(factor => factor === 1));
  t.true(factors.subarray(18).every(factor => factor === 32));
  for (const i of [15, 16, 17]) {
    const wavelength = 2 * Math.PI * 500_000 ** (i / 32);
    const smooth = (8192 / wavelength - 1) / 3;
    t.is(factors[i], Math.fround(1 / ((1 - smooth) / 32 + smooth)));
  }
});

test('other scalings are refused', t => {
  t.throws(() => readRope({ rope_scaling: { rope_type: 'yarn', factor: 4 } }, 8), { code: 'E_EXPORT' });
  t.throws(() => readRope({ rope_scaling: { rope_type: 'linear' } }, 8), { code: 'E_MODEL_CONFIG' });
});
