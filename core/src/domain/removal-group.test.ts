import test from 'ava';
import { joinSelections, selectionWithout } from './removal-group.js';

const a = new Map([
  ['x', [4, 7]],
  ['y', [1]],
]);
const b = new Map([
  ['x', [0, 5]],
  ['z', [2]],
]);

test('joined selections hold the units of both, ascending', t => {
  t.deepEqual(
    [...joinSelections(a, b)],
    [
      ['x', [0, 4, 5, 7]],
      ['y', [1]],
      ['z', [2]],
    ],
  );
  t.deepEqual([...joinSelections(a, new Map())], [...a]);
  t.deepEqual(a.get('x'), [4, 7]);
});

test('what was joined can be taken away', t => {
  t.deepEqual(
    [...selectionWithout(joinSelections(a, b), b)],
    [
      ['x', [4, 7]],
      ['y', [1]],
      ['z', []],
    ],
  );
  t.deepEqual([...selectionWithout(a, new Map())], [...a]);
});
