import test from 'ava';
import { BLOCK, quantise } from './q8.js';

test('a block keeps its largest number, and zeros stay zero', t => {
  const elements = new Float32Array(2 * BLOCK);
  elements[0] = -127;
  elements[1] = 63.4;
  elements[2] = 0.4;
  const { levels, scales } = quantise(elements);
  t.deepEqual([...levels.subarray(0, 4)], [-127, 63, 0, 0]);
  t.deepEqual([...levels.subarray(BLOCK)], Array(BLOCK).fill(0));
  t.deepEqual([...scales], [0x3c00, 0]);
});
