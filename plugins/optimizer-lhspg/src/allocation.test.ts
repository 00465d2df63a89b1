import test from 'ava';
import { countsOf, leastWithin } from './allocation.js';

const saliency = new Map([
  ['a', Float32Array.of(5, 1, 4, 2, 3, 9)],
  ['b', Float32Array.of(0, 0, 0.5, -1)],
]);
const counts = new Map([
  ['a', 4],
  ['b', 1],
]);

test('each group loses its share of its count, whatever the other scores', t => {
  const after = (share: number) => Object.fromEntries(leastWithin(saliency, counts, share, new Map()));
  t.deepEqual(after(0.25), { a: [1], b: [] });
  t.deepEqual(after(0.5), { a: [1, 3], b: [3] });
  t.deepEqual(after(1), { a: [1, 2, 3, 4], b: [3] });
});

test('what is gone stays gone and counts, however salient it has become', t => {
  const removed = new Map([['a', [5, 0]]]);
  t.deepEqual(Object.fromEntries(leastWithin(saliency, counts, 0.75, removed)), { a: [0, 1, 5], b: [3] });
  t.deepEqual(Object.fromEntries(leastWithin(saliency, counts, 0.25, removed)), { a: [0, 5], b: [] });
});

test('units that score alike go in their order', t => {
  t.deepEqual([...leastWithin(saliency, new Map([['b', 2]]), 1, new Map())], [['b', [0, 3]]]);
});

test('counts are those of a selection', t => {
  t.deepEqual([...countsOf(new Map([['a', [0, 4]]]))], [['a', 2]]);
});
