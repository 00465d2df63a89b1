import { createRng, type RemovalGroup, type UnitKind } from '@secateur/core';
import { openTinyModel } from '@secateur/core/testing';
import test from 'ava';
import { draw } from './hard-concrete.js';
import { maskGradients } from './mask-gradients.js';
import { Masks } from './masks.js';

const groupsOf = async (): Promise<readonly RemovalGroup[]> =>
  (await openTinyModel({ layers: Array(2).fill({ kvHeads: 3, queries: 2, channels: 8 }) })).groups.filter(
    ({ kind }) => kind === 'kv-head' || kind === 'channel',
  );

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

test('gradients of the loss and the Lagrangians are those of central differences', async t => {
  const groups = await groupsOf();
  const rng = createRng(5);
  const perUnit = (value: () => number) =>
    new Map(groups.map(({ id, units }) => [id, Float64Array.from({ length: units }, value)]));
  const logAlpha = perUnit(() => 2 * rng.normal());
  const u = perUnit(() => 0.05 + 0.9 * rng.next());
  const weights = perUnit(() => rng.normal());
  const multipliers = new Map<UnitKind, Float64Array>([
    ['kv-head', Float64Array.of(-0.7, 2)],
    ['channel', Float64Array.of(0.4, 3)],
  ]);
  const target = 0.35;
  /** Σ w z² for a loss, and for each kind λ₁ (ŝ − t) + λ₂ (ŝ − t)². */
  const objective = (): number => {
    let total = 0;
    for (const { id, units } of groups)
      for (let i = 0; i < units; i++)
        total += weights.get(id)![i]! * draw(logAlpha.get(id)![i]!, u.get(id)![i]!).z ** 2;
    for (const [kind, factors] of multipliers) {
      let [gone, all] = [0, 0];
      for (const { id, unitCost } of groups.filter(group => group.kind === kind))
        for (const a of logAlpha.get(id)!) {
          gone += unitCost * (1 - sigmoid(a - (2 / 3) * Math.log(0.1 / 1.1)));
          all += unitCost;
        }
      const gap = gone / all - target;
      total += factors[0]! * gap + factors[1]! * gap ** 2;
    }
    return total;
  };
  const drawn = new Map(
    groups.map(({ id }) => [id, [...logAlpha.get(id)!].map((a, i) => draw(a, u.get(id)![i]!))]),
  );
  const byGate = new Map(
    [...drawn].map(([id, gates]) => [id, gates.map(({ z }, i) => 2 * weights.get(id)![i]! * z)]),
  );
  const slopes = new Map([...drawn].map(([id, gates]) => [id, gates.map(({ slope }) => slope)]));
  const found = maskGradients(groups, { logAlpha, multipliers }, { byGate, slopes }, target);
  const check = (array: Float64Array, gradient: Float64Array, name: string): void => {
    const h = 1e-5;
    for (const [i, at] of array.entries()) {
      array[i] = at + h;
      const up = objective();
      array[i] = at - h;
      const numeric = (up - objective()) / (2 * h);
      array[i] = at;
      t.true(Math.abs(gradient[i]! - numeric) < 1e-7, `${name} ${i}: ${gradient[i]} ${numeric}`);
    }
  };
  for (const [id, array] of logAlpha) check(array, found.byMask[id]!.data, id);
  for (const [kind, array] of multipliers) check(array, found.byMultiplier[kind]!.data, kind);
  t.true([...slopes.values()].flat().filter(slope => slope > 0).length > 5);
});

test('masks find their target, and close what the loss needs least', async t => {
  const groups = await groupsOf();
  const rng = createRng(9);
  const masks = new Masks(groups, 5, rng.fork('initial'));
  /** The loss falls by 0.02 u with the gate of unit u. */
  const byGate = new Map(
    groups.map(({ id, units }) => [id, Float64Array.from({ length: units }, (_, u) => -0.02 * u)]),
  );
  const target = 0.5;
  for (let step = 0; step < 400; step++)
    masks.update(byGate, masks.sample(rng.fork(step)), Math.min(1, step / 80) * target, {
      maskRate: 0.2,
      multiplierRate: 0.2,
    });
  for (const [kind, sparsity] of masks.sparsities())
    t.true(Math.abs(sparsity - target) < 0.1, `${kind} ${sparsity}`);
  for (const { id, units } of groups) {
    const scores = masks.scores().get(id)!;
    t.true(scores[units - 1]! > 0.9 && scores[0]! < 0.1, `${id} ${scores}`);
    t.true(
      masks.closed().get(id)!.has(0) &&
        !masks
          .closed()
          .get(id)!
          .has(units - 1),
    );
  }
});

test('log α begins around its mean, and lies within ±log 100 once it is trained', async t => {
  const groups = await groupsOf();
  const masks = new Masks(groups, 5, createRng(1));
  const all = () => [...masks.logAlpha.values()].flatMap(values => [...values]);
  const spread = all().map(value => value - 5);
  t.true(spread.every(gap => gap !== 0 && Math.abs(gap) < 0.06));
  t.true(Math.sqrt(spread.reduce((sum, gap) => sum + gap * gap, 0) / spread.length) > 0.005);
  const none = new Map(groups.map(({ id, units }) => [id, new Float64Array(units)]));
  masks.update(none, masks.sample(createRng(2)), 0.5, { maskRate: 100, multiplierRate: 1 });
  masks.update(none, masks.sample(createRng(3)), 0.5, { maskRate: 100, multiplierRate: 1 });
  t.true(all().every(value => Math.abs(value) <= Math.fround(Math.log(100))));
});

test('gates are drawn from the seed alone, anew for every unit', async t => {
  const masks = new Masks(await groupsOf(), 0, createRng(1));
  const draws = (seed: number) =>
    [...masks.sample(createRng(seed)).gates.values()].flatMap(gates => [...gates]);
  t.deepEqual(draws(4), draws(4));
  t.notDeepEqual(draws(4), draws(5));
  t.true(new Set(draws(4)).size > 10);
});

test('a state that is restored goes on alike', async t => {
  const groups = await groupsOf();
  const byGate = new Map(
    groups.map(({ id, units }) => [id, Float64Array.from({ length: units }, (_, u) => 0.1 - 0.02 * u)]),
  );
  const rates = { maskRate: 0.5, multiplierRate: 0.25 };
  const train = (masks: Masks, steps: readonly number[]): void => {
    for (const step of steps) masks.update(byGate, masks.sample(createRng(step)), 0.4, rates);
  };
  const [straight, first, second] = [1, 1, 2].map(seed => new Masks(groups, 2, createRng(seed)));
  train(straight!, [0, 1, 2, 3, 4]);
  train(first!, [0, 1, 2]);
  const { steps, tensors } = first!.state();
  second!.restore(steps, tensors);
  train(second!, [3, 4]);
  t.deepEqual(second!.state(), straight!.state());
});
