import test from 'ava';
import { axisRuns } from './reduce.js';

test('axes that touch are one run, also across axes of 1', t => {
  t.deepEqual(axisRuns([2, 3, 4, 5], [2, 1]), [[1, 2]]);
  t.deepEqual(axisRuns([2, 3, 4, 5], [3, 0, 1]), [[0, 1], [3]]);
  t.deepEqual(axisRuns([2, 1, 4], [0, 2]), [[0, 2]]);
  t.deepEqual(axisRuns([2, 3], []), []);
});
