import test from 'ava';
import { cutTensor } from './compact.js';
import { scatterTensor } from './scatter.js';

const counting = (size: number): Float32Array => Float32Array.from({ length: size }, (_, i) => i + 1);

test('rows and columns go where they are told, the rest is zero', t => {
  const rows = scatterTensor(counting(4), [2, 2], [3, 2], [[2, 0], undefined]);
  t.deepEqual([...rows], [3, 4, 0, 0, 1, 2]);
  const columns = scatterTensor(counting(4), [2, 2], [2, 3], [undefined, [0, 2]]);
  t.deepEqual([...columns], [1, 0, 2, 3, 0, 4]);
  const both = scatterTensor(counting(2), [1, 2], [2, 3], [[1], [2, 1]]);
  t.deepEqual([...both], [0, 0, 0, 0, 2, 1]);
  t.deepEqual([...scatterTensor(counting(2), [2], [4], [[3, 1]])], [0, 2, 0, 1]);
});

test('what does not move is the same', t => {
  const data = counting(6);
  t.is(scatterTensor(data, [2, 3], [2, 3], [undefined, undefined]), data);
});

test('cutting takes back what was laid', t => {
  const data = counting(12);
  const axes = [
    [0, 2, 4],
    [1, 2, 3, 5],
  ];
  t.deepEqual(cutTensor(scatterTensor(data, [3, 4], [5, 6], axes), [5, 6], axes), data);
});

test('a map of another length than its axis is a mistake', t => {
  t.throws(() => scatterTensor(counting(4), [2, 2], [3, 2], [[0], undefined]), { message: /axis 0/ });
  t.throws(() => scatterTensor(counting(4), [2, 2], [3, 2], [undefined, undefined]), { message: /axis 0/ });
});
