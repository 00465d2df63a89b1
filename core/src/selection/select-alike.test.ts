import test from 'ava';
import { costOf, type RemovalGroup, type Selection, type UnitKind } from '../domain/removal-group.js';
import { createRng } from '../rng.js';
import type { SelectionLimits } from './limits.js';
import { checkBudget, selectUnits } from './select.js';

const limits: SelectionLimits = {
  ranking: 'uniform',
  rounding: 1,
  minKvHeads: 1,
  minChannels: 1,
  alike: true,
};

/** Groups of one kind in `layers` layers. */
const kind = (name: UnitKind, layers: number, units: number, unitCost: number): RemovalGroup[] =>
  Array.from({ length: layers }, (_, layer) => ({
    id: `${layer}#${name}`,
    kind: name,
    module: String(layer),
    layer,
    dimension: 0,
    units,
    unitCost,
    members: [],
    adapterMembers: [],
    unprunable: undefined,
  }));

const randomScores = (groups: readonly RemovalGroup[], seed: number) =>
  new Map(
    groups.map(({ id, units }) => {
      const rng = createRng(seed).fork(id);
      return [id, Float32Array.from({ length: units }, () => rng.next())] as const;
    }),
  );

const countsOf = (removed: Selection, groups: readonly RemovalGroup[]): Record<string, number[]> =>
  Object.fromEntries(
    [...new Set(groups.map(group => group.kind))].map(name => [
      name,
      [...new Set(groups.filter(group => group.kind === name).map(({ id }) => removed.get(id)?.length ?? 0))],
    ]),
  );

test('every layer loses the same numbers, where a free choice would not', t => {
  // 3 channels of 10 in each of 2 layers are 60; a budget of 70 cannot be met by equal layers.
  const groups = kind('channel', 2, 10, 10);
  const removed = selectUnits(randomScores(groups, 1), groups, 70, limits);
  t.deepEqual(countsOf(removed, groups), { channel: [3] });
});

test('the least salient of each layer go', t => {
  const groups = kind('channel', 2, 4, 1);
  const scores = new Map([
    ['0#channel', Float32Array.of(3, 1, 2, 9)],
    ['1#channel', Float32Array.of(900, 800, 100, 700)],
  ]);
  t.deepEqual(
    [...selectUnits(scores, groups, 4, limits)],
    [
      ['0#channel', [1, 2]],
      ['1#channel', [2, 3]],
    ],
  );
});

test('coarse kinds give more or less than their share where the fine ones cannot make up for it', t => {
  const groups = [...kind('kv-head', 2, 4, 100), ...kind('channel', 2, 4, 10)];
  // Channels can give 60 above their floor of 1: the rest must come from heads.
  t.deepEqual(countsOf(selectUnits(randomScores(groups, 2), groups, 660, limits), groups), {
    'kv-head': [3],
    channel: [3],
  });
});

test('kept channels are a multiple of the rounding, heads are not', t => {
  const groups = [...kind('kv-head', 2, 6, 100), ...kind('channel', 2, 20, 10)];
  const removed = selectUnits(randomScores(groups, 3), groups, 500, { ...limits, rounding: 8 });
  t.deepEqual(countsOf(removed, groups), { 'kv-head': [2], channel: [4] });
});

test('what cannot be reached is refused before anything is measured', t => {
  const groups = kind('channel', 4, 10, 10);
  t.throws(() => checkBudget(groups, 19, limits), {
    code: 'E_BUDGET',
    message: '19 parameters are to be removed, but the smallest cut in every layer holds 40',
  });
  t.notThrows(() => checkBudget(groups, 20, limits));
  t.throws(() => checkBudget(groups, 390, limits), { code: 'E_BUDGET' });
});

test('for any sizes: alike, within half a cut where that can be, and in two goes what went first is gone', t => {
  for (let seed = 0; seed < 200; seed++) {
    const rng = createRng(seed);
    const layers = 1 + rng.integer(4);
    const groups = [
      ...kind('kv-head', layers, 2 + rng.integer(6), 40 + rng.integer(100)),
      ...kind('channel', layers, 30 + rng.integer(60), 1 + rng.integer(9)),
    ];
    const own = { ...limits, rounding: 1 + rng.integer(3), minChannels: 1 + rng.integer(5) };
    const total = groups.reduce((sum, { units, unitCost }) => sum + units * unitCost, 0);
    const quota = total * (0.1 + 0.4 * rng.next());
    const scores = randomScores(groups, seed);
    const half = selectUnits(scores, groups, quota / 2, own);
    const removed = selectUnits(scores, groups, quota, own, half);
    for (const [name, counts] of Object.entries(countsOf(removed, groups)))
      t.is(counts.length, 1, `${name} of seed ${seed}`);
    for (const [id, units] of half) t.true(units.every(unit => removed.get(id)!.includes(unit)));
    // Channels are more than one head is worth, so that they can make up for it.
    const step = own.rounding * layers * groups.at(-1)!.unitCost;
    const head = layers * groups[0]!.unitCost;
    t.true(Math.abs(costOf(removed, groups) - quota) <= Math.max(step, head) / 2 + step, `seed ${seed}`);
  }
});
