import { createHash } from 'node:crypto';
import test from 'ava';
import { encodeQ8 } from './encode-q8.js';

/** What gguf's Python package makes of these numbers: the output of test/oracles/golden_gguf_q8.py. */
const GOLDEN = 'e8e8ae555e898ce779fb258f9b528e1fe7290dce0f68d7756a4ee774902843cb';
const BLOCKS = 4096;

/** The numbers of that script. */
const goldenValues = (): Float32Array => {
  let state = 1;
  const values = Float32Array.from({ length: 32 * BLOCKS }, (_, i) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 31 - 1) * 2 ** ((Math.floor(i / 32) % 40) - 20);
  });
  values.fill(0, 0, 32);
  values.set([127, ...Array.from({ length: 31 }, (_, i) => (-1) ** i * (i + 0.5))], 32);
  return values;
};

test("every byte is what llama.cpp's package gives", t => {
  t.is(createHash('sha256').update(encodeQ8(goldenValues())).digest('hex'), GOLDEN);
});

test('halves are rounded away from zero', t => {
  const values = new Float32Array(32);
  values.set([127, 0.5, -0.5, 1.5, -2.5]);
  const [low, high, ...quants] = new Int8Array(encodeQ8(values).buffer);
  t.deepEqual([low, high], [0x00, 0x3c], 'the scale is 1');
  t.deepEqual(quants.slice(0, 5), [127, 1, -1, 2, -3]);
});

test('a scale that float16 does not hold is refused', t => {
  t.throws(() => encodeQ8(new Float32Array(32).fill(127 * 65520)), { code: 'E_NUMERICS' });
});
