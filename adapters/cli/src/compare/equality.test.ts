import test from 'ava';
import { handMade } from './cell.test.data.js';
import { otherInputs, unequalParameters, unequalTokens } from './equality.js';

const left = (after: number) => ({ before: 1000, after: 200 + after, blocks: { before: 800, after } });

test('remaining parameters may differ by 0.5 % of what the ratio leaves', t => {
  // 0.75 · 800 = 600, so 597 to 603.
  const cells = [600, 597, 603, 596, 604].map((after, seed) => handMade({ seed, parameters: left(after) }));
  t.deepEqual(unequalParameters(cells), [
    { cell: 'magnitude, ratio 0.25, seed 3', expected: 600, found: 596 },
    { cell: 'magnitude, ratio 0.25, seed 4', expected: 600, found: 604 },
  ]);
});

test('a ratio of the whole model counts the whole model, for every cell of that ratio', t => {
  const whole = { before: 1000, after: 750, blocks: { before: 800, after: 550 } };
  t.deepEqual(unequalParameters([handMade({ of: 'model', parameters: whole })]), []);
  t.deepEqual(unequalParameters([handMade({ of: 'model', parameters: whole }), handMade({ seed: 8 })]), [
    { cell: 'magnitude, ratio 0.25, seed 8', expected: 750, found: 800 },
  ]);
  const other = handMade({ seed: 8, ratio: 0.5, parameters: left(400) });
  t.deepEqual(unequalParameters([handMade({ of: 'model', parameters: whole }), other]), []);
});

test('what keeps its shape is not held to sizes or tokens', t => {
  const sparse = handMade({
    class: 'unstructured',
    parameters: left(800),
    tokens: { pruning: 0, recovery: 0 },
  });
  t.deepEqual(unequalParameters([sparse]), []);
  t.deepEqual(
    unequalTokens([sparse], () => 2048),
    [],
  );
});

test('tokens of pruning and recovery are equal to a step', t => {
  const cells = [
    [0, 2048],
    [1024, 1024],
    [1024, 2048],
    [0, 0],
    [3072, 1024],
  ].map(([pruning, recovery], seed) =>
    handMade({ seed, tokens: { pruning: pruning!, recovery: recovery! } }),
  );
  t.deepEqual(
    unequalTokens(cells, () => 2048).map(({ cell, found }) => [cell.at(-1), found]),
    [
      ['3', 0],
      ['4', 4096],
    ],
  );
});

test('each run is held to the tokens that it was given', t => {
  const given = (preset: string): number => (preset === 'slow' ? 4096 : 8192);
  const cells = ['slow', 'magnitude'].flatMap(preset =>
    [4096, 8192].map(recovery => handMade({ preset, tokens: { pruning: 0, recovery } })),
  );
  t.deepEqual(unequalTokens(cells, given), [
    { cell: 'slow, ratio 0.25, seed 7', expected: 4096, found: 8192 },
    { cell: 'magnitude, ratio 0.25, seed 7', expected: 8192, found: 4096 },
  ]);
});

test('another model, adapter or text is told', t => {
  const inputs = { model: 'm', adapter: null, text: { sea: 'other' } };
  t.deepEqual(otherInputs([handMade(), handMade({ seed: 8 })]), []);
  t.deepEqual(otherInputs([handMade(), handMade({ seed: 8, inputs })]), ['magnitude, ratio 0.25, seed 8']);
});
