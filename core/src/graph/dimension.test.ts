import test from 'ava';
import { Dimensions } from './dimension.js';
import { keptIndices } from './layout.js';

test('a fresh term is a dimension of its own; one of extent 1 is no dimension', t => {
  const d = new Dimensions();
  const [a, b, one] = [d.fresh(3), d.fresh(3), d.fresh(1)] as const;
  t.deepEqual(d.leaves(a), [a]);
  t.deepEqual(d.leaves(b), [b]);
  t.deepEqual(d.leaves(one), []);
  t.deepEqual(d.layout(a), { kind: 'dimension', dimension: a, size: 3 });
});

test('unified terms are one dimension, whatever the order of the ties', t => {
  const d = new Dimensions();
  const [a, b, c, e] = [d.fresh(3), d.fresh(3), d.fresh(3), d.fresh(3)] as const;
  d.unify(a, b);
  d.unify(c, e);
  d.unify(e, a);
  t.is(new Set([a, b, c, e].flatMap(term => d.leaves(term))).size, 1);
  d.unify(b, c);
  t.is(d.leaves(a).length, 1);
});

test('axes of different extents cannot be one', t => {
  const d = new Dimensions();
  const [a, b] = [d.fresh(3), d.fresh(4)];
  t.throws(() => d.unify(a!, b!), { message: 'cannot tie an axis of 3 to one of 4' });
});

test('reasons and marks of one term belong to all that it is unified with', t => {
  const d = new Dimensions();
  const [a, b, c] = [d.fresh(3), d.fresh(3), d.fresh(3)] as const;
  d.freeze(a, 'first');
  d.mark(a, 'heads');
  d.unify(a, b);
  d.unify(c, b);
  d.freeze(c, 'second');
  const [leaf] = d.leaves(b);
  t.deepEqual([...d.reasons(leaf!)].sort(), ['first', 'second']);
  t.true(d.marked(leaf!, 'heads'));
  t.false(d.marked(leaf!, 'normalised'));
});

test('a matrix that is opened and closed again keeps its dimensions', t => {
  const d = new Dimensions();
  const [flat, heads, size, back] = [d.fresh(12), d.fresh(3), d.fresh(4), d.fresh(12)] as const;
  d.unifyProducts([flat], [heads, size]);
  d.unifyProducts([heads, size], [back]);
  t.deepEqual(d.leaves(flat), [...d.leaves(heads), ...d.leaves(size)]);
  t.deepEqual(d.layout(back), d.layout(flat));
  t.is(d.layout(flat).kind, 'product');
});

test('two reshapes of one axis refine each other to their common factors', t => {
  const d = new Dimensions();
  const axis = d.fresh(24);
  const left = [d.fresh(4), d.fresh(6)] as const;
  const right = [d.fresh(2), d.fresh(12)] as const;
  d.unifyProducts([axis], left);
  d.unifyProducts([axis], right);
  t.deepEqual(
    d.leaves(axis).map(leaf => d.layout(leaf).size),
    [2, 2, 6],
  );
  t.deepEqual(d.leaves(left[0]).length, 2);
  t.deepEqual(d.leaves(right[1]).length, 2);
  t.deepEqual(
    d.leaves(axis).flatMap(leaf => d.reasons(leaf)),
    [],
  );
});

test('extents of 1 come and go without a trace', t => {
  const d = new Dimensions();
  const [a, one, b, other] = [d.fresh(5), d.fresh(1), d.fresh(5), d.fresh(1)] as const;
  d.unifyProducts([one, a], [b, other]);
  t.deepEqual(d.leaves(a), d.leaves(b));
  t.deepEqual(d.leaves(one), []);
});

test('a reshape across the grain freezes what it mixes, and nothing before it', t => {
  const d = new Dimensions();
  const [rows, a, b, c, e] = [d.fresh(2), d.fresh(4), d.fresh(3), d.fresh(6), d.fresh(2)] as const;
  d.unifyProducts([rows, a, b], [d.fresh(2), c, e]);
  for (const term of [a, b, c, e])
    for (const leaf of d.leaves(term)) t.deepEqual(d.reasons(leaf), ['it is reshaped across its own grain']);
  t.deepEqual(d.reasons(d.leaves(rows)[0]!), []);
});

test('what is known of an axis is known of the parts that it turns out to have', t => {
  const d = new Dimensions();
  const [axis, head, size] = [d.fresh(6), d.fresh(2), d.fresh(3)] as const;
  d.freeze(axis, 'because');
  d.mark(axis, 'normalised');
  d.unifyProducts([axis], [head, size]);
  for (const leaf of d.leaves(axis)) {
    t.deepEqual(d.reasons(leaf), ['because']);
    t.true(d.marked(leaf, 'normalised'));
  }
});

test('concatenations of the same axis are cut at the same places', t => {
  const d = new Dimensions();
  const [axis, a, b, c, e] = [d.fresh(10), d.fresh(4), d.fresh(6), d.fresh(7), d.fresh(3)] as const;
  d.compose('sum', axis, [a, b]);
  d.compose('sum', axis, [c, e]);
  t.deepEqual(
    d.leaves(axis).map(leaf => d.layout(leaf).size),
    [4, 3, 3],
  );
  t.deepEqual(d.leaves(c), [d.leaves(a)[0]!, d.leaves(b)[0]!]);
  t.deepEqual(d.leaves(e), [d.leaves(b)[1]!]);
});

test('two halves that are tied are one dimension, cut in both', t => {
  const d = new Dimensions();
  const [axis, a, b] = [d.fresh(6), d.fresh(3), d.fresh(3)] as const;
  d.compose('sum', axis, [a, b]);
  d.unify(a, b);
  const [leaf, ...none] = d.leaves(axis);
  t.deepEqual(none, []);
  t.deepEqual(keptIndices(d.layout(axis), new Map([[leaf!, [0, 2]]])), [0, 2, 3, 5]);
});

test('a whole of one part is that part', t => {
  const d = new Dimensions();
  const [a, b] = [d.fresh(3), d.fresh(3)] as const;
  d.compose('sum', a, [b]);
  t.deepEqual(d.leaves(a), d.leaves(b));
  t.is(d.layout(a).kind, 'dimension');
});

test('an axis that is both a grid and a concatenation is frozen', t => {
  const d = new Dimensions();
  const [axis, other] = [d.fresh(6), d.fresh(6)] as const;
  d.unifyProducts([axis], [d.fresh(2), d.fresh(3)]);
  d.compose('sum', other, [d.fresh(2), d.fresh(4)]);
  d.unify(axis, other);
  for (const term of [axis, other])
    for (const leaf of d.leaves(term))
      t.deepEqual(d.reasons(leaf), ['it is used both as a grid and as a concatenation of parts']);
});

test('a grid of concatenations is one layout', t => {
  const d = new Dimensions();
  const [axis, heads, size, half] = [d.fresh(8), d.fresh(2), d.fresh(4), d.fresh(2)] as const;
  d.unifyProducts([axis], [heads, size]);
  d.compose('sum', size, [half, half]);
  const [head] = d.leaves(heads);
  const [pair] = d.leaves(half);
  t.deepEqual(d.leaves(axis), [head!, pair!]);
  const kept = new Map([
    [head!, [1]],
    [pair!, [1]],
  ]);
  t.deepEqual(keptIndices(d.layout(axis), kept), [5, 7]);
});
