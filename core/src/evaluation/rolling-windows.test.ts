import test from 'ava';
import { rollingWindows } from './rolling-windows.js';

const ids = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

/** Printed by lm-evaluation-harness 0.4.13 for tokens 1 to n, prefix 0 and 4 positions. */
const harness: Readonly<Record<number, readonly (readonly [ids: readonly number[], scored: number])[]>> = {
  3: [[[0, 1, 2, 3], 3]],
  4: [[[0, 1, 2, 3, 4], 4]],
  5: [
    [[0, 1, 2, 3, 4], 4],
    [[1, 2, 3, 4, 5], 1],
  ],
  8: [
    [[0, 1, 2, 3, 4], 4],
    [[4, 5, 6, 7, 8], 4],
  ],
  9: [
    [[0, 1, 2, 3, 4], 4],
    [[4, 5, 6, 7, 8], 4],
    [[5, 6, 7, 8, 9], 1],
  ],
};

for (const [count, windows] of Object.entries(harness))
  test(`${count} tokens, of which the model reads 4 at a time, are the windows of the harness`, t => {
    t.deepEqual(
      rollingWindows(ids(Number(count)), 0, 4),
      windows.map(([ids, scored]) => ({ ids, scored })),
    );
  });

test('nothing to predict, no window', t => {
  t.deepEqual(rollingWindows([], 0, 4), []);
});
