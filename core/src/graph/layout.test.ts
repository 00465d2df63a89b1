import test from 'ava';
import {
  dimensionsOf,
  hasDimension,
  indicesOfUnit,
  keptIndices,
  keptLayout,
  keptSize,
  type Layout,
} from './layout.js';

const dimension = (id: number, size: number): Layout => ({ kind: 'dimension', dimension: id, size });
const product = (...parts: Layout[]): Layout => ({
  kind: 'product',
  parts,
  size: parts.reduce((size, part) => size * part.size, 1),
});
const sum = (...parts: Layout[]): Layout => ({
  kind: 'sum',
  parts,
  size: parts.reduce((size, part) => size + part.size, 0),
});

const [kv, group, half] = [dimension(1, 2), dimension(2, 3), dimension(3, 2)] as const;
/** Rows of a q_proj with RoPE: KV heads × query heads × two halves of one dimension. */
const queries = product(kv, group, sum(half, half));
/** Rows of a fused projection: q, then k, then v with a head size of its own. */
const fused = sum(queries, product(kv, sum(half, half)), product(kv, dimension(4, 3)));

test('without a cut every index is kept', t => {
  t.deepEqual(
    keptIndices(fused, new Map()),
    Array.from({ length: 24 + 8 + 6 }, (_, i) => i),
  );
});

test('indices of a product are row-major', t => {
  t.deepEqual(
    keptIndices(queries, new Map([[1, [1]]])),
    Array.from({ length: 12 }, (_, i) => 12 + i),
  );
  t.deepEqual(
    keptIndices(queries, new Map([[2, [0, 2]]])),
    [0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15, 20, 21, 22, 23],
  );
  t.deepEqual(
    keptIndices(
      product(kv, group),
      new Map([
        [1, [0]],
        [2, [1]],
      ]),
    ),
    [1],
  );
});

test('a dimension that occurs twice is cut twice', t => {
  t.deepEqual(keptIndices(product(kv, sum(half, half)), new Map([[3, [1]]])), [1, 3, 5, 7]);
});

test('parts of a concatenation keep their places', t => {
  t.deepEqual(keptIndices(fused, new Map([[4, [2]]])).slice(-3), [31, 34, 37]);
});

test('the size is that of the indices, for every subset', t => {
  for (const heads of [[], [0], [1], [0, 1]])
    for (const halves of [[0], [1], [0, 1]]) {
      const kept = new Map([
        [1, heads],
        [3, halves],
      ]);
      t.is(keptSize(fused, kept), keptIndices(fused, kept).length);
    }
});

test('units of a dimension divide what has it among them', t => {
  for (const id of [1, 2, 3, 4]) {
    const units = id === 2 || id === 4 ? 3 : 2;
    const all = Array.from({ length: units }, (_, unit) => indicesOfUnit(fused, id, unit));
    for (const [unit, indices] of all.entries()) {
      const rest = new Map([[id, [...Array(units).keys()].filter(other => other !== unit)]]);
      const kept = new Set(keptIndices(fused, rest));
      t.deepEqual(
        indices,
        [...Array(fused.size).keys()].filter(i => !kept.has(i)),
        `dimension ${id}, unit ${unit}`,
      );
    }
  }
});

test('an axis without the dimension belongs to every unit as a whole', t => {
  t.deepEqual(indicesOfUnit(kv, 9, 1), [0, 1]);
});

test('dimensions are named once, outermost first, without those of extent 1', t => {
  t.deepEqual(dimensionsOf(fused), [1, 2, 3, 4]);
  t.deepEqual(dimensionsOf(product(dimension(7, 1), kv)), [1]);
  t.true(hasDimension(fused, 4));
  t.false(hasDimension(queries, 4));
});

test('after a cut, an axis is made of the same dimensions, smaller where they were cut', t => {
  t.deepEqual(keptLayout(fused, new Map()), fused);
  const kept = new Map([
    [1, [1]],
    [3, [0]],
  ]);
  const [one, single] = [dimension(1, 1), dimension(3, 1)] as const;
  t.deepEqual(
    keptLayout(fused, kept),
    sum(
      product(one, group, sum(single, single)),
      product(one, sum(single, single)),
      product(one, dimension(4, 3)),
    ),
  );
  t.is(keptLayout(fused, kept).size, keptSize(fused, kept));
});
