import { createHash } from 'node:crypto';
import test from 'ava';
import { type GgmlType, ggmlTypes } from '../format/ggml-types.js';
import { dequantize, isReadable, type ReadableType } from './dequantize.js';
import { goldenBlocks } from './dequantize.test.data.js';

const BLOCKS = 64;

/** The generator of the script that made the golden blocks. */
const randomBytes = (seed: number, count: number): Uint8Array => {
  let state = seed;
  return Uint8Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
};

for (const type of Object.keys(goldenBlocks) as ReadableType[])
  test(`${type}: every bit is what llama.cpp's package gives`, t => {
    const { id, block, bytes } = ggmlTypes[type];
    const out = new Float32Array(BLOCKS * block);
    dequantize(type, randomBytes(id + 1, BLOCKS * bytes), out);
    const numbers = out.map(value => (Number.isNaN(value) ? 0 : value));
    t.is(createHash('sha256').update(new Uint8Array(numbers.buffer)).digest('hex'), goldenBlocks[type]);
  });

test('bytes may lie anywhere in their buffer', t => {
  const stored = new Uint8Array(1 + 8);
  stored.set([0x80, 0x3f, 0x00, 0xc0, 0x00, 0x3f, 0x40, 0x40], 1);
  const out = new Float32Array(4);
  dequantize('BF16', stored.subarray(1), out);
  t.deepEqual(out, Float32Array.of(1, -2, 0.5, 3));
});

test('types without a dequantiser are known, and not readable', t => {
  const others = (Object.keys(ggmlTypes) as GgmlType[]).filter(type => !isReadable(type));
  t.true(others.includes('IQ4_NL') && others.includes('Q2_K') && others.includes('I32'));
});
