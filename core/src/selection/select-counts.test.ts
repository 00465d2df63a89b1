import test from 'ava';
import type { RemovalGroup } from '../domain/removal-group.js';
import { selectCounts } from './select-counts.js';

const groups = ['a', 'b', 'c'].map(id => ({ id, units: 4 }) as RemovalGroup);
const saliency = new Map(groups.map(({ id }) => [id, Float32Array.of(3, 1, 2, 0)]));

test('of each group go the least salient, as many as are allocated', t => {
  const counts = new Map([
    ['a', 2],
    ['c', 4],
  ]);
  t.deepEqual(
    selectCounts(saliency, groups, counts, new Map()),
    new Map([
      ['a', [1, 3]],
      ['c', [0, 1, 2, 3]],
    ]),
  );
});

test('what went before stays away and is counted', t => {
  const already = new Map([
    ['a', [0]],
    ['b', [0, 2]],
  ]);
  t.deepEqual(
    selectCounts(saliency, groups, new Map([['a', 2]]), already),
    new Map([
      ['a', [0, 3]],
      ['b', [0, 2]],
    ]),
  );
});

test('an allocation of what is not there is a fault', t => {
  t.throws(() => selectCounts(saliency, groups, new Map([['b', 5]]), new Map()), {
    message: /5 units of b, which has 4/,
  });
  t.throws(() => selectCounts(saliency, groups, new Map([['b', 1.5]]), new Map()));
});
