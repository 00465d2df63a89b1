import test from 'ava';
import { layoutOf } from './layout.js';
import { commonPrefix } from './scored-text.js';

const text = (scored: number, ...ids: number[]) => ({ ids, scored });

test('the last token of a text is not read, and is no part of what texts share', t => {
  t.is(commonPrefix([text(1, 1, 2, 3), text(1, 1, 2, 3)]), 2);
  t.is(commonPrefix([text(1, 1, 2), text(2, 1, 2, 3, 4)]), 1);
  t.is(commonPrefix([text(1, 5, 6), text(1, 1, 2)]), 0);
  t.is(commonPrefix([]), 0);
});

test('what texts begin with is one part, and each goes on with its own', t => {
  t.deepEqual(layoutOf([text(2, 1, 2, 3, 4), text(1, 1, 2, 5)]), {
    parts: [
      { ids: [1, 2], from: 0, trunk: 0 },
      { ids: [3], from: 2, trunk: 0 },
    ],
    predictions: [
      [
        { part: 0, offset: 1, target: 3 },
        { part: 1, offset: 0, target: 4 },
      ],
      [{ part: 0, offset: 1, target: 5 }],
    ],
    tokens: 3,
  });
});

test('a text alone, and texts that share nothing, are parts that begin at 0', t => {
  t.deepEqual(layoutOf([text(2, 1, 2, 3)]).parts, [{ ids: [1, 2], from: 0, trunk: 0 }]);
  t.deepEqual(layoutOf([text(1, 1, 2), text(1, 3, 4, 5)]).parts, [
    { ids: [1], from: 0, trunk: 0 },
    { ids: [3, 4], from: 0, trunk: 1 },
  ]);
});

test('predictions before the branch are read off the trunk', t => {
  const { predictions } = layoutOf([text(3, 1, 2, 3, 4), text(3, 1, 2, 3, 5)]);
  t.deepEqual(
    predictions.map(row => row.map(({ part, offset }) => [part, offset])),
    Array(2).fill([
      [0, 0],
      [0, 1],
      [0, 2],
    ]),
  );
});
