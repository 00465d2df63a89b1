import test from 'ava';
import { encodeElements, typeFor } from './element-type.js';

test('vectors are F32; rows that are no whole blocks are F16', t => {
  t.is(typeFor('q8_0', [64]), 'F32');
  t.is(typeFor('f16', [64]), 'F32');
  t.is(typeFor('q8_0', [3, 64]), 'Q8_0');
  t.is(typeFor('q8_0', [64, 33]), 'F16');
  t.is(typeFor('bf16', [64, 33]), 'BF16');
  t.is(typeFor('f32', [64, 33]), 'F32');
});

test('elements are little-endian', t => {
  const values = Float32Array.of(1, -2);
  t.deepEqual([...encodeElements.F32(values)], [0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]);
  t.deepEqual([...encodeElements.F16(values)], [0, 0x3c, 0, 0xc0]);
  t.deepEqual([...encodeElements.BF16(values)], [0x80, 0x3f, 0, 0xc0]);
});
