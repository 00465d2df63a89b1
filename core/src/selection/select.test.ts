import test from 'ava';
import {
  costOf,
  type RemovalGroup,
  type SaliencyMap,
  type Selection,
  type UnitKind,
} from '../domain/removal-group.js';
import { createRng, type Rng } from '../rng.js';
import type { SelectionLimits } from './limits.js';
import { capacityOf, checkBudget, selectUnits } from './select.js';

const group = (id: string, kind: UnitKind, units: number, unitCost: number): RemovalGroup => ({
  id,
  kind,
  module: id,
  layer: 0,
  dimension: 0,
  units,
  unitCost,
  members: [],
  adapterMembers: [],
  unprunable: undefined,
});

const limits: SelectionLimits = { ranking: 'kind', rounding: 1, minKvHeads: 1, minChannels: 1 };

const scoresOf = (scores: Record<string, number[]>): SaliencyMap =>
  new Map(Object.entries(scores).map(([id, values]) => [id, Float32Array.from(values)]));

const plain = (selection: Selection): Record<string, readonly number[]> =>
  Object.fromEntries([...selection].filter(([, units]) => units.length > 0));

const heads = group('heads', 'kv-head', 4, 100);
const first = group('first', 'channel', 10, 10);
const second = group('second', 'channel', 10, 10);
const rising = Array.from({ length: 10 }, (_, i) => i);

test('the least salient units go, ranked over all layers', t => {
  const saliency = scoresOf({ first: rising, second: rising.map(x => x + 2.5) });
  t.deepEqual(plain(selectUnits(saliency, [first, second], 60, limits)), {
    first: [0, 1, 2, 3],
    second: [0, 1],
  });
});

test('each kind gives its share of the parameters, whatever its scores', t => {
  const saliency = scoresOf({ heads: [9, 7, 8, 6], first: rising });
  const removed = selectUnits(saliency, [heads, first], 250, limits);
  t.deepEqual(plain(removed), { heads: [1, 3], first: [0, 1, 2, 3, 4] });
});

test('jointly, units are ranked by score per parameter', t => {
  const saliency = scoresOf({ heads: [4, 3.9, 90, 90], first: rising.map(x => x / 10 + 0.35) });
  // 0.039 per parameter of a head against 0.035, 0.045, ... of a channel
  const removed = selectUnits(saliency, [heads, first], 210, { ...limits, ranking: 'joint' });
  t.deepEqual(plain(removed), { heads: [0, 1], first: [0] });
});

test('by score, heads and channels are one list whatever they cost, and the budget counts parameters', t => {
  const saliency = scoresOf({ heads: [0.5, 3.5, 90, 90], first: rising });
  const byScore: SelectionLimits = { ...limits, ranking: 'score' };
  // 0 (channel), 0.5 (head), 1, 2, 3 (channels), 3.5 (head), 4, ...
  t.deepEqual(plain(selectUnits(saliency, [heads, first], 140, byScore)), {
    heads: [0],
    first: [0, 1, 2, 3],
  });
  t.deepEqual(plain(selectUnits(saliency, [heads, first], 240, byScore)), {
    heads: [0, 1],
    first: [0, 1, 2, 3],
  });
  // The second head would pass the budget: channels fill the rest.
  t.deepEqual(plain(selectUnits(saliency, [heads, first], 170, byScore)), {
    heads: [0],
    first: [0, 1, 2, 3, 4, 5, 6],
  });
  // A head of 0.2 per parameter would be second of all jointly.
  const high = scoresOf({ heads: [20, 21, 90, 90], first: rising, second: rising.map(x => x + 0.5) });
  t.deepEqual(plain(selectUnits(high, [heads, first, second], 150, byScore)), {
    first: [0, 1, 2, 3, 4, 5, 6, 7],
    second: [0, 1, 2, 3, 4, 5, 6],
  });
});

test('uniformly, every group gives the same share', t => {
  const saliency = scoresOf({ first: rising, second: rising.map(x => x + 1000), heads: [0, 1, 2, 3] });
  const removed = selectUnits(saliency, [heads, first, second], 300, { ...limits, ranking: 'uniform' });
  t.deepEqual(plain(removed), { heads: [0, 1], first: [0, 1, 2, 3, 4], second: [0, 1, 2, 3, 4] });
});

test('uniformly, layers that are alike stay alike, and channels make up for heads', t => {
  const layers = [0, 1, 2].flatMap(i => [
    group(`heads${i}`, 'kv-head', 4, 100),
    group(`channels${i}`, 'channel', 40, 10),
  ]);
  const rng = createRng(9);
  const saliency = new Map(
    layers.map(({ id, units }) => [id, Float32Array.from({ length: units }, () => rng.next())]),
  );
  for (const rounding of [1, 8])
    for (let ratio = 0.05; ratio < 0.7; ratio += 0.05) {
      const quota = ratio * 3 * (400 + 400);
      const removed = selectUnits(saliency, layers, quota, { ...limits, rounding, ranking: 'uniform' });
      for (const kind of ['heads', 'channels'])
        t.is(
          new Set([0, 1, 2].map(i => removed.get(`${kind}${i}`)?.length ?? 0)).size,
          1,
          `${kind} ${ratio}`,
        );
      t.true(Math.abs(costOf(removed, layers) - quota) <= (3 * rounding * 10) / 2 + 1e-6, `${ratio}`);
    }
});

test('floors hold, and others give instead', t => {
  const saliency = scoresOf({ first: rising, second: rising.map(x => x + 100) });
  const removed = selectUnits(saliency, [first, second], 100, { ...limits, minChannels: 4 });
  t.deepEqual(plain(removed), { first: [0, 1, 2, 3, 4, 5], second: [0, 1, 2, 3] });
  const heavy = selectUnits(scoresOf({ heads: [1, 2, 3, 4] }), [heads], 200, { ...limits, minKvHeads: 2 });
  t.deepEqual(plain(heavy), { heads: [0, 1] });
});

test('the last unit stays, even without a minimum', t => {
  const removed = selectUnits(scoresOf({ heads: [1, 2, 3, 4] }), [heads], 300, { ...limits, minKvHeads: 0 });
  t.deepEqual(plain(removed), { heads: [0, 1, 2] });
});

test('kept channels are a multiple of the rounding where a group is cut, heads are not rounded', t => {
  const odd = group('odd', 'channel', 11, 10);
  const saliency = scoresOf({ odd: [...rising, 10], second: rising.map(x => x + 3.5), heads: [3, 2, 1, 0] });
  const removed = selectUnits(saliency, [heads, odd, second], 250, { ...limits, rounding: 4 });
  const kept = ({ id, units }: RemovalGroup): number => units - (removed.get(id)?.length ?? 0);
  t.is(kept(odd) % 4, 0);
  t.true(kept(second) === 10 || kept(second) % 4 === 0);
  t.is(removed.get('heads')!.length, 2);
});

test('what was removed before stays removed and counts', t => {
  const saliency = scoresOf({ first: rising, second: rising });
  const already = new Map([['second', [9, 8]]]);
  const removed = selectUnits(saliency, [first, second], 60, limits, already);
  t.deepEqual(plain(removed), { first: [0, 1], second: [0, 1, 8, 9] });
  t.deepEqual(already.get('second'), [9, 8]);
});

test('a quota that is met already adds nothing', t => {
  const already = new Map([['first', [4, 7]]]);
  t.deepEqual(plain(selectUnits(scoresOf({ first: rising }), [first], 15, limits, already)), {
    first: [4, 7],
  });
});

test('ties go by group and unit, so that equal scores give equal choices', t => {
  const saliency = scoresOf({ second: rising.map(() => 1), first: rising.map(() => 1) });
  for (const groups of [
    [first, second],
    [second, first],
  ])
    t.deepEqual(plain(selectUnits(saliency, groups, 120, limits)), {
      first: rising.slice(0, 9),
      second: [0, 1, 2],
    });
});

test('more than the units hold above their floors is refused', t => {
  const error = t.throws(
    () => selectUnits(scoresOf({ first: rising }), [first], 70, { ...limits, minChannels: 4 }),
    {
      name: 'SecateurError',
    },
  ) as Error & { code: string; hint: string };
  t.is(error.code, 'E_BUDGET');
  t.regex(error.message, /^70 parameters are to be removed, .* only 60 /);
  t.regex(error.hint, /prune\.ratio/);
  t.throws(() => selectUnits(new Map(), [], 10, limits), { message: /only 0/ });
});

test('what can be removed counts the rounding of what is kept, and no more than that is taken', t => {
  for (const [rounding, minChannels, units] of [
    [1, 3, 7],
    [4, 1, 6],
    [4, 5, 2],
    [6, 1, 4],
    [10, 1, 0],
    [11, 1, 0],
  ] as const) {
    const own = { ...limits, rounding, minChannels };
    t.is(capacityOf([first], own), 10 * units, `${rounding} ${minChannels}`);
    const saliency = scoresOf({ first: rising });
    t.is(costOf(selectUnits(saliency, [first], 10 * units, own), [first]), 10 * units);
    t.throws(() => selectUnits(saliency, [first], 10 * units + 6, own), { code: 'E_BUDGET' } as never);
  }
});

test('a budget can be checked before anything is scored: too much, or less than half of a unit', t => {
  t.notThrows(() => checkBudget([heads, first], 390, limits));
  t.throws(() => checkBudget([heads, first], 396, limits), { message: /hold only 390 above/ });
  t.throws(() => checkBudget([], 1, limits), { message: /hold only 0 above/ });
  t.notThrows(() => checkBudget([heads, first], 5, limits));
  const error = t.throws(() => checkBudget([heads, first], 4.9, limits)) as Error & { code: string };
  t.is(error.code, 'E_BUDGET');
  t.is(error.message, '5 parameters are to be removed, but the smallest unit holds 10');
});

test('an empty quota removes nothing', t => {
  t.deepEqual(plain(selectUnits(scoresOf({ first: rising }), [first], 0, limits)), {});
});

interface Draw {
  readonly groups: readonly RemovalGroup[];
  readonly saliency: SaliencyMap;
  readonly limits: SelectionLimits;
  readonly available: number;
}

/** A model of a few layers with heads and channels, its scores and limits. */
const draw = (rng: Rng): Draw => {
  const unitCost = { head: 30 + rng.integer(200), channel: 1 + rng.integer(15) };
  const groups = Array.from({ length: 1 + rng.integer(4) }, (_, layer) => [
    group(`${layer}.attn`, 'kv-head', 2 + rng.integer(8), unitCost.head),
    group(`${layer}.mlp`, 'channel', 40 + rng.integer(80), unitCost.channel),
  ]).flat();
  const coarse = rng.integer(3) === 0; // some scores are equal
  const score = (): number => (coarse ? rng.integer(4) : rng.next());
  const drawn: SelectionLimits = {
    ranking: (['kind', 'joint', 'score', 'uniform'] as const)[rng.integer(4)]!,
    rounding: [1, 1, 4, 8][rng.integer(4)]!,
    minKvHeads: 1 + rng.integer(2),
    minChannels: [1, 8, 16][rng.integer(3)]!,
  };
  return {
    groups,
    saliency: new Map(groups.map(({ id, units }) => [id, Float32Array.from({ length: units }, score)])),
    limits: drawn,
    available: groups.reduce((sum, g) => sum + Math.max(0, g.units - floorOf(g, drawn)) * g.unitCost, 0),
  };
};

const floorOf = ({ kind, units }: RemovalGroup, { minChannels, minKvHeads }: SelectionLimits): number =>
  Math.min(units, kind === 'channel' ? minChannels : minKvHeads);

const draws = Array.from({ length: 300 }, (_, i) => {
  const rng = createRng(i);
  const drawn = draw(rng);
  return { ...drawn, quota: drawn.available * (0.05 + 0.7 * rng.next()), rng };
});

/** Holds for every selection that follows the rules. */
const check = (
  removed: Selection,
  { groups, limits: drawn, quota }: (typeof draws)[number],
): string | undefined => {
  for (const one of groups) {
    const units = removed.get(one.id) ?? [];
    const kept = one.units - units.length;
    if (new Set(units).size !== units.length || units.some(unit => unit < 0 || unit >= one.units))
      return `${one.id}: not units`;
    if (units.some((unit, i) => i > 0 && unit < units[i - 1]!)) return `${one.id}: not ascending`;
    if (kept < floorOf(one, drawn)) return `${one.id}: keeps ${kept}`;
    if (one.kind === 'channel' && units.length > 0 && kept % drawn.rounding !== 0)
      return `${one.id}: keeps ${kept}, rounding ${drawn.rounding}`;
  }
  const off = costOf(removed, groups) - quota;
  // what one more cut would cost, where there is still one to make
  const step = (one: RemovalGroup): number => (one.kind === 'channel' ? drawn.rounding : 1);
  const open = groups.filter(
    one => one.units - (removed.get(one.id)?.length ?? 0) - step(one) >= floorOf(one, drawn),
  );
  const cuts = open.map(one => step(one) * one.unitCost);
  // ranked uniformly, one more cut is one in every group of a kind, and heads may have to make up for full channels
  const ofKind = (kind: UnitKind): number =>
    groups.filter(one => one.kind === kind).reduce((sum, one) => sum + step(one) * one.unitCost, 0);
  const finest =
    drawn.ranking === 'uniform' ? Math.max(ofKind('kv-head'), ofKind('channel')) : Math.min(...cuts);
  return off > finest / 2 || -off > finest / 2 ? `off by ${off}, one more cut costs ${finest}` : undefined;
};

test('for any groups: within half a cut of the quota, above the floors, on the rounding', t => {
  for (const [i, drawn] of draws.entries()) {
    const { groups, saliency, quota } = drawn;
    const removed = selectUnits(saliency, groups, quota, drawn.limits);
    t.is(check(removed, drawn), undefined, `draw ${i} ${JSON.stringify(drawn.limits)}`);
  }
});

test('for any groups: in two goes, what went first is still gone and the same rules hold', t => {
  for (const [i, drawn] of draws.entries()) {
    const { groups, saliency, quota } = drawn;
    const half = selectUnits(saliency, groups, quota / 2, drawn.limits);
    const removed = selectUnits(saliency, groups, quota, drawn.limits, half);
    for (const [id, units] of half)
      t.true(
        units.every(unit => removed.get(id)!.includes(unit)),
        id,
      );
    t.is(check(removed, drawn), undefined, `draw ${i} ${JSON.stringify(drawn.limits)}`);
  }
});

test('for any groups: no unit that stays scores below one of its group that goes', t => {
  for (const { groups, saliency, quota, limits: drawn } of draws) {
    const removed = selectUnits(saliency, groups, quota, drawn);
    for (const { id } of groups) {
      const gone = new Set(removed.get(id) ?? []);
      const scores = saliency.get(id)!;
      const highest = Math.max(...[...gone].map(unit => scores[unit]!));
      t.true(
        scores.every((score, unit) => gone.has(unit) || score >= highest),
        id,
      );
    }
  }
});
