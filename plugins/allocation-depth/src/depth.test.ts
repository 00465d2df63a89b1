import { Allocation, type AllocationTask, costOf, type SelectionLimits } from '@secateur/core';
import { sizeOf } from '@secateur/core/graph';
import { openTinyModel, providedBy } from '@secateur/core/testing';
import test from 'ava';
import allocationDepth from './index.js';

const layer = { kvHeads: 2, queries: 2, channels: 6 };
const model = await openTinyModel({ layers: [layer, layer, layer, layer] });
const groups = model.groups.filter(({ kind }) => kind === 'kv-head' || kind === 'channel');
const limits: SelectionLimits = { ranking: 'kind', rounding: 1, minKvHeads: 1, minChannels: 2 };

/** Base parameters of one layer, norms among them. */
const size = [...model.source.tensors]
  .filter(([name]) => name.startsWith('model.layers.0.'))
  .reduce((sum, [, { shape }]) => sum + sizeOf(shape), 0);

/** Σ score / Σ cost of the layers is 3, 1, 4, 2; the units of one differ. */
const worth = [3, 1, 4, 2];
const saliency = new Map(
  groups.map(({ id, layer: at, units, unitCost }) => [
    id,
    Float32Array.from(
      { length: units },
      (_, unit) => unitCost * worth[at!]! * (1 + 0.5 * (unit / (units - 1) - 0.5)),
    ),
  ]),
);

const allocate = async (
  task: Partial<AllocationTask>,
  options: { readonly most?: number } = {},
): Promise<Record<string, number>> => {
  const counts = await providedBy(allocationDepth(options), Allocation, 'depth').allocate({
    run: { log: () => {} },
    model,
    groups,
    saliency,
    quota: 0,
    limits,
    already: new Map(),
    ...task,
  } as AllocationTask);
  return Object.fromEntries([...counts].filter(([, count]) => count > 0));
};

const whole = (...layers: readonly number[]): Record<string, number> =>
  Object.fromEntries(
    groups.filter(group => layers.includes(group.layer!)).map(({ id, units }) => [id, units]),
  );

test('layers go whole by their score per parameter, and a budget of whole layers takes nothing else', async t => {
  t.deepEqual(await allocate({ quota: size }), whole(1));
  t.deepEqual(await allocate({ quota: 2 * size }), whole(1, 3));
  t.deepEqual(await allocate({ quota: 3 * size }), whole(0, 1, 3));
});

test('the rest of the budget comes from the layers that stay, within their minima', async t => {
  const quota = 1.5 * size;
  const counts = await allocate({ quota });
  const rest = groups.filter(group => group.layer !== 1);
  for (const [id, units] of Object.entries(whole(1))) t.is(counts[id], units);
  for (const { id, kind, units } of rest) t.true(units - (counts[id] ?? 0) >= (kind === 'channel' ? 2 : 1));
  const taken = costOf(new Map(rest.map(({ id }) => [id, Array(counts[id] ?? 0).fill(0)])), rest);
  const channel = groups.find(({ kind }) => kind === 'channel')!.unitCost;
  t.true(Math.abs(size + taken - quota) <= channel / 2, `${taken}`);
  t.true(Object.keys(await allocate({ quota: 0.9 * size })).length > 2, 'no layer fits');
});

test('the first layer that does not fit ends it, and one layer stays whatever the budget', async t => {
  await t.throwsAsync(allocate({ quota: 4 * size }), { code: 'E_BUDGET' });
  const counts = await allocate({ quota: 3.5 * size });
  for (const [id, units] of Object.entries(whole(0, 1, 3))) t.is(counts[id], units);
  for (const [id, units] of Object.entries(whole(2))) t.true((counts[id] ?? 0) < units);
});

test('most limits how many go whole', async t => {
  const halved = await allocate({ quota: 2 * size }, { most: 0.25 });
  for (const [id, units] of Object.entries(whole(1))) t.is(halved[id], units);
  for (const [id, units] of Object.entries(whole(0, 2, 3))) t.true((halved[id] ?? 0) < units);
  const none = await allocate({ quota: size }, { most: 0 });
  for (const [id, units] of Object.entries(whole(0, 1, 2, 3))) t.true((none[id] ?? 0) < units);
  t.throws(() => allocationDepth({ most: 2 } as never));
});

test('a layer that is spared in part stays', async t => {
  const spared = groups.filter(({ id }) => id !== groups.find(group => group.layer === 1)!.id);
  t.deepEqual(await allocate({ groups: spared, quota: size }), whole(3));
});

test('what went before is counted, in whole layers and in others', async t => {
  const all = ({ units }: { readonly units: number }): number[] => [...Array(units).keys()];
  const gone = new Map(groups.filter(group => group.layer === 3).map(group => [group.id, all(group)]));
  t.deepEqual(await allocate({ quota: size, already: gone }), whole(3));
  t.deepEqual(await allocate({ quota: 2 * size, already: gone }), whole(1, 3));
  const channels = groups.find(({ kind, layer: at }) => kind === 'channel' && at === 2)!;
  const part = new Map([[channels.id, [0, 1]]]);
  const counts = await allocate({ quota: 2 * size + 2 * channels.unitCost, already: part });
  t.deepEqual(counts, { ...whole(1, 3), [channels.id]: 2 });
});
