import {
  Allocation,
  type AllocationTask,
  allowedCounts,
  createRng,
  executeRun,
  KnowledgeAnalysis,
  type RemovalGroup,
  type SelectionLimits,
  type UnitKind,
} from '@secateur/core';
import { fill, tinyConfig, tinySession } from '@secateur/core/testing';
import test from 'ava';
import { byKnowledge } from './index.js';

const limits: SelectionLimits = { ranking: 'kind', rounding: 1, minKvHeads: 1, minChannels: 1 };

const groupsOf = (kind: UnitKind, layers: number, units: number, unitCost: number): RemovalGroup[] =>
  Array.from(
    { length: layers },
    (_, layer) => ({ id: `${layer}#${kind}`, kind, units, unitCost }) as RemovalGroup,
  );

const rowsOf = (groups: readonly RemovalGroup[], perMillion: (i: number) => number) =>
  groups.map(({ id }, i) => ({
    group: id,
    deviation: 1,
    perMillion: perMillion(i),
    protected: false,
  }));

const allocate = (
  options: { power?: number; kinds?: 'apart' | 'together' },
  groups: readonly RemovalGroup[],
  task: Partial<AllocationTask>,
) =>
  byKnowledge({ power: 0.5, kinds: 'apart', ...options }).allocate({
    groups,
    limits,
    already: new Map(),
    ...task,
  } as AllocationTask);

const costOf = (groups: readonly RemovalGroup[], counts: ReadonlyMap<string, number>): number =>
  groups.reduce((sum, { id, unitCost }) => sum + counts.get(id)! * unitCost, 0);

test('shares go down with the root of the deviation, kinds keep their part of the budget', async t => {
  const groups = [...groupsOf('kv-head', 2, 1000, 9), ...groupsOf('channel', 2, 10_000, 1)];
  // Of either kind one deviates nine times as much: with the root, and ε, nearly a third.
  const rows = rowsOf(groups, i => [1, 9, 90, 10][i]!);
  const counts = await allocate({}, groups, { knowledge: { rows }, quota: 11_400 });
  const [a, b] = [1 + 0.05, 9 + 0.05];
  const ratio = Math.sqrt(a / b);
  const heads = (11_400 * 18_000) / 38_000 / 9;
  const expected = [heads / (1 + ratio), (heads * ratio) / (1 + ratio)];
  t.true(Math.abs(counts.get('0#kv-head')! - expected[0]!) <= 1);
  t.true(Math.abs(counts.get('1#kv-head')! - expected[1]!) <= 1);
  const channels = 11_400 - 9 * (counts.get('0#kv-head')! + counts.get('1#kv-head')!);
  t.true(Math.abs(counts.get('1#channel')! - channels / (1 + ratio)) <= 1);
  t.is(costOf(groups, counts), 11_400);
});

test('together, kinds compete by their deviations', async t => {
  const groups = [...groupsOf('kv-head', 1, 1000, 10), ...groupsOf('channel', 1, 10_000, 1)];
  const rows = rowsOf(groups, i => [4, 1][i]!);
  const counts = await allocate({ kinds: 'together' }, groups, { knowledge: { rows }, quota: 6000 });
  const [a, b] = [(4 + 0.025) ** -0.5, (1 + 0.025) ** -0.5];
  t.true(Math.abs(counts.get('0#kv-head')! - (600 * a) / (a + b)) <= 1);
  t.is(costOf(groups, counts), 6000);
  const apart = await allocate({}, groups, { knowledge: { rows }, quota: 6000 });
  t.deepEqual([...apart.values()], [300, 3000]);
});

test('with power 0 all groups of a kind give alike', async t => {
  const groups = groupsOf('channel', 3, 10, 1);
  const counts = await allocate({ power: 0 }, groups, {
    knowledge: { rows: rowsOf(groups, i => i) },
    quota: 12,
  });
  t.deepEqual([...counts.values()], [4, 4, 4]);
});

test('for any sizes: within the limits, what is gone stays gone, and the budget to half of the finest step', async t => {
  for (let seed = 0; seed < 300; seed++) {
    const rng = createRng(seed);
    const groups = [
      ...groupsOf('kv-head', 1 + rng.integer(4), 2 + rng.integer(6), 60 + rng.integer(100)),
      ...groupsOf('channel', 1 + rng.integer(4), 30 + rng.integer(60), 1 + rng.integer(9)),
    ];
    const own = { ...limits, rounding: 1 + rng.integer(3), minChannels: 1 + rng.integer(9) };
    const rows = rowsOf(groups, () => rng.normal());
    const kinds = seed % 2 === 0 ? 'apart' : 'together';
    const half = await allocate({ kinds }, groups, { knowledge: { rows }, limits: own, quota: 200 });
    const already = new Map(
      [...half].map(([id, count]) => [id, Array.from({ length: count }, (_, unit) => unit)]),
    );
    const most = groups.reduce(
      (sum, group) => sum + allowedCounts(group, 0, own).at(-1)! * group.unitCost,
      0,
    );
    const quota = Math.max(200, most * (0.2 + 0.7 * rng.next()));
    const counts = await allocate({ kinds }, groups, { knowledge: { rows }, limits: own, quota, already });
    for (const group of groups) {
      const count = counts.get(group.id)!;
      t.true(
        allowedCounts(group, half.get(group.id)!, own).includes(count),
        `seed ${seed}: ${count} of ${group.id}`,
      );
    }
    // Channels have one regular step; the coarser heads are made up for by them where they can.
    const room = groups.some(({ id, kind }, i) => {
      const allowed = allowedCounts(groups[i]!, half.get(id)!, own);
      return kind === 'channel' && counts.get(id)! < allowed.at(-1)! && counts.get(id)! > allowed[0]!;
    });
    const finest = own.rounding * groups.at(-1)!.unitCost;
    const slack = room ? finest : groups[0]!.unitCost;
    t.true(
      Math.abs(costOf(groups, counts) - quota) <= slack / 2,
      `seed ${seed}: ${costOf(groups, counts)} ${quota}`,
    );
  }
});

test('in a run: the group that deviates more keeps more', async t => {
  const rows = ['0', '1'].flatMap(layer => [
    {
      group: `model.layers.${layer}.mlp#channel`,
      deviation: 1,
      perMillion: layer === '0' ? 100 : 1,
      protected: false,
    },
    { group: `model.layers.${layer}.self_attn#kv-head`, deviation: 1, perMillion: 1, protected: false },
  ]);
  const session = tinySession({ prune: { kinds: ['channel'], ratio: 0.15 } }, [
    fill(Allocation, byKnowledge({ power: 0.5, kinds: 'apart' })),
    fill(KnowledgeAnalysis, { analyse: async () => ({ rows }) }),
  ]);
  const { layers } = await executeRun(session);
  t.true(layers[0]!.channels > layers[1]!.channels, JSON.stringify(layers));
});

test('without an analysis the next step is told, before anything is measured where that can be', async t => {
  const error = {
    code: 'E_CONFIG_INVALID',
    message:
      'the allocation "knowledge" needs how much the loss deviates by each group, and there is nothing for 0#channel',
  };
  const groups = groupsOf('channel', 2, 10, 1);
  const failed = await t.throwsAsync(allocate({}, groups, { knowledge: { rows: [] }, quota: 5 }), error);
  t.is((failed as { hint?: string }).hint, "choose a knowledge analysis: use: { knowledge: 'ablation' }");
  for (const [knowledge, shape, message] of [
    ['none', 'per-layer', /nothing for any group/],
    ['ablation', 'uniform', /export\.shape is "uniform"/],
  ] as const) {
    const config = { ...tinyConfig({ export: { shape } }), use: { allocation: 'knowledge', knowledge } };
    t.throws(() => byKnowledge({ power: 0.5, kinds: 'apart' }).check?.(config), {
      code: 'E_CONFIG_INVALID',
      message,
    } as never);
  }
});

test('a spread for layers that must stay alike is refused', async t => {
  const groups = groupsOf('channel', 2, 10, 1);
  await t.throwsAsync(
    allocate({}, groups, {
      knowledge: { rows: rowsOf(groups, () => 1) },
      quota: 5,
      limits: { ...limits, alike: true },
    }),
    { code: 'E_CONFIG_INVALID' },
  );
});

test('more than the groups can give is E_BUDGET', async t => {
  const groups = groupsOf('channel', 2, 10, 1);
  await t.throwsAsync(allocate({}, groups, { knowledge: { rows: rowsOf(groups, () => 1) }, quota: 19 }), {
    code: 'E_BUDGET',
  });
});
