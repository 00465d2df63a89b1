import {
  capacityOf,
  KnowledgeAnalysis,
  type KnowledgeTask,
  LossMeter,
  type RemovalGroup,
  type Sequence,
  selectUnits,
} from '@secateur/core';
import { openTinyModel, providedBy, tinyContext, tinySession } from '@secateur/core/testing';
import test from 'ava';
import knowledgeAblation, { ablation } from './index.js';
import { capacityWithout, lowest, mostDeviating } from './protect.js';

test('the groups that deviate most are kept, at least one, ties by name', t => {
  const rows = [
    { group: 'b', deviation: 1 },
    { group: 'c', deviation: 3 },
    { group: 'a', deviation: 1 },
    { group: 'd', deviation: -1 },
  ];
  t.deepEqual(mostDeviating(rows, 0.5), ['c', 'a']);
  t.deepEqual(mostDeviating(rows, 0.01), ['c']);
  t.deepEqual(mostDeviating(rows, 0), []);
});

test('the lowest share of the units goes, at least one and never all', t => {
  const scores = Float32Array.of(5, 1, 1, 9);
  t.deepEqual(lowest(scores, 0.5), [1, 2]);
  t.deepEqual(lowest(scores, 0.01), [1]);
  t.deepEqual(lowest(scores, 0.99), [1, 2, 0]);
});

test('what is left to prune is nine tenths of the units of groups that are not kept', t => {
  const group = (id: string, units: number, unitCost: number) => ({ id, units, unitCost }) as RemovalGroup;
  const groups = [group('a', 20, 3), group('b', 5, 100)];
  t.is(capacityWithout(groups, new Set()), 18 * 3 + 4 * 100);
  t.is(capacityWithout(groups, new Set(['b'])), 54);
});

const model = await openTinyModel();
const groups = model.groups.filter(({ kind }) => kind === 'channel' || kind === 'kv-head');
const sequences = [0, 1, 2].map(
  (first): Sequence => ({
    ids: Int32Array.of(3 + first, 4, 9, 5),
    targets: Int32Array.of(4, 9, 5, 7),
    weights: Float32Array.of(1, 1, 1, 1),
    length: 4,
  }),
);
const saliency = new Map(
  groups.map(({ id, units }) => [id, Float32Array.from({ length: units }, (_, i) => i)]),
);

const analyse = async (options: { ratios: number[]; protect: number }, task: Partial<KnowledgeTask> = {}) => {
  const session = tinySession();
  const run = tinyContext(session);
  const map = await ablation(options).analyse({
    run,
    model,
    groups,
    sequences,
    quota: 0,
    score: async () => saliency,
    ...task,
  });
  return { rows: map.rows, logged: session.logged };
};

test('a deviation is the mean rise of the loss over the ratios, per million parameters where it says so', async t => {
  const { rows } = await analyse({ ratios: [0.5, 0.9], protect: 0.25 });
  const run = tinyContext(tinySession());
  const meter = await LossMeter.open(run.passes, model, { batch: 3, sequence: 4, groups });
  const loss = async (closed: ReadonlyMap<string, number>): Promise<number> =>
    (
      await meter.mean(
        sequences,
        new Map(
          groups.map(({ id, units }) => [
            id,
            Float32Array.from({ length: units }, (_, unit) => Number(unit >= (closed.get(id) ?? 0))),
          ]),
        ),
      )
    ).loss;
  const dense = await loss(new Map());
  for (const [i, group] of groups.entries()) {
    const counts = group.kind === 'channel' ? [3, 5] : [1, 1];
    let rise = 0;
    for (const count of counts) rise += ((await loss(new Map([[group.id, count]]))) - dense) / 2;
    const { deviation, perMillion, group: id } = rows[i]!;
    t.is(id, group.id);
    t.true(Math.abs(deviation - rise) < 1e-6, `${id} ${deviation} ${rise}`);
    const parameters = (group.unitCost * (counts[0]! + counts[1]!)) / 2;
    t.true(Math.abs(perMillion - (deviation * 1e6) / parameters) < 1e-6 * Math.abs(perMillion));
  }
  const kept = rows.filter(row => row.protected);
  t.is(kept.length, 1);
  t.true(rows.every(({ deviation }) => deviation <= kept[0]!.deviation));
});

test('what the budget needs is not protected, the least deviating first', async t => {
  const all = capacityWithout(groups, new Set());
  const protectedIds = async (quota: number) => {
    const { rows, logged } = await analyse({ ratios: [0.5], protect: 0.9 }, { quota });
    return { kept: rows.filter(row => row.protected), logged, rows };
  };
  t.is((await protectedIds(0)).kept.length, 4);
  const { kept, logged, rows } = await protectedIds(all - 200);
  t.true(kept.length > 0 && kept.length < 4);
  t.true(capacityWithout(groups, new Set(kept.map(({ group }) => group))) >= all - 200);
  t.is(logged.filter(({ level }) => level === 'warn').length, 4 - kept.length);
  const least = Math.min(...kept.map(({ deviation }) => deviation));
  t.true(rows.filter(row => !row.protected).every(({ deviation }) => deviation <= least));
  t.is((await protectedIds(all + 1)).kept.length, 0);
});

test('an interrupted analysis stops', async t => {
  const run = tinyContext(tinySession(), AbortSignal.abort(new Error('enough')));
  await t.throwsAsync(analyse({ ratios: [0.5], protect: 0 }, { run }), { message: 'enough' });
});

test('the plugin provides "ablation" and refuses ratios of nothing and of all', t => {
  t.truthy(providedBy(knowledgeAblation(), KnowledgeAnalysis, 'ablation'));
  for (const ratios of [[], [0], [1]])
    t.throws(() => knowledgeAblation({ ratios }), { code: 'E_PLUGIN_OPTIONS' } as never);
});

test('what the limits of the configuration take away is not counted on', async t => {
  const session = tinySession({ prune: { minKvHeads: 2, minChannels: 5 } });
  const run = tinyContext(session);
  const quota = capacityOf(groups, run.config.prune);
  t.true(quota > 0 && quota < capacityWithout(groups, new Set()));
  const { rows } = await analyse({ ratios: [0.5], protect: 0.9 }, { run, quota });
  const open = groups.filter(({ id }) => !rows.some(row => row.group === id && row.protected));
  t.notThrows(() => selectUnits(saliency, open, quota, run.config.prune));
});
