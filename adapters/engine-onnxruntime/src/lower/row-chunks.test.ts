import test from 'ava';
import { rowChunks } from './row-chunks.js';

test('chunks of rows hold 64 MiB of logits at most, are nearly alike and cover all rows', t => {
  for (const [rows, classes] of [
    [6, 11],
    [1024, 32000],
    [1000, 49152],
    [3, 2 ** 25],
    [256, 2 ** 16],
  ] as const) {
    const chunks = rowChunks(rows, classes);
    t.deepEqual(
      chunks.flatMap(([start, end]) => Array.from({ length: end - start }, (_, i) => start + i)),
      [...Array(rows).keys()],
    );
    for (const [start, end] of chunks) t.true(end - start === 1 || (end - start) * classes <= 2 ** 24);
  }
  t.is(rowChunks(1024, 32000).length, 2);
});
