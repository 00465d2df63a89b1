import test from 'ava';
import type { Member } from '../domain/removal-group.js';
import type { Layout } from '../graph/layout.js';
import { unitWeights } from './unit-weights.js';

const heads: Layout = { kind: 'dimension', dimension: 1, size: 2 };
const size: Layout = { kind: 'dimension', dimension: 2, size: 3 };
const axis: Layout = { kind: 'product', parts: [heads, size], size: 6 };
const member = (on: number, dimension: number, units: number, layout: Layout = axis): Member => ({
  param: 'w',
  axis: on,
  side: 'own',
  layout,
  dimension,
  units,
});

const visits = (shape: number[], of: Member): [unit: number, slice: number[]][] => {
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i);
  const seen: [number, number[]][] = [];
  unitWeights(shape, data).forEachUnit(of, (unit, slice) => seen.push([unit, [...slice]]));
  return seen;
};

test('units on rows give their rows', t => {
  t.deepEqual(visits([6, 2], member(0, 1, 2)), [
    [0, [0, 1, 2, 3, 4, 5]],
    [1, [6, 7, 8, 9, 10, 11]],
  ]);
  t.deepEqual(visits([6, 2], member(0, 2, 3))[1], [1, [2, 3, 8, 9]]);
});

test('units on columns give their columns, row by row', t => {
  t.deepEqual(visits([2, 6], member(1, 1, 2))[1], [1, [3, 4, 5, 9, 10, 11]]);
  t.deepEqual(visits([2, 6], member(1, 2, 3))[0], [0, [0, 3, 6, 9]]);
});

test('units of a vector are entries of it', t => {
  t.deepEqual(visits([2], member(0, 1, 2, heads)), [
    [0, [0]],
    [1, [1]],
  ]);
});

test('all units together are the whole tensor, each entry once', t => {
  for (const [shape, on] of [
    [[6, 5], 0],
    [[5, 6], 1],
    [[2, 6, 2], 1],
  ] as const)
    for (const [dimension, units] of [
      [1, 2],
      [2, 3],
    ] as const) {
      const all = visits([...shape], member(on, dimension, units)).flatMap(([, slice]) => slice);
      t.deepEqual(
        all.toSorted((a, b) => a - b),
        Array.from({ length: all.length }, (_, i) => i),
      );
      t.is(
        all.length,
        shape.reduce((a: number, b) => a * b, 1),
      );
    }
});
