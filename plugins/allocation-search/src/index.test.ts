import {
  Allocation,
  type AllocationTask,
  costOf,
  executeRun,
  type ProgressEvent,
  type RunContext,
} from '@secateur/core';
import {
  fill,
  openTinyModel,
  type TinySettings,
  tinyConfig,
  tinyContext,
  tinySession,
} from '@secateur/core/testing';
import test from 'ava';
import allocationSearch, { bySearch } from './index.js';

const options = { generations: 4, offspring: 4, look: 0.5, finalists: 2 };
/** Enough channels for levels to differ from units. */
const layers = [0, 1, 2].map(() => ({ kvHeads: 4, queries: 1, channels: 40 }));

/** A run whose allocation tells what it was given and what it found. */
const searching = async (own: Partial<typeof options> = {}, settings: TinySettings = {}) => {
  const allocation = bySearch({ ...options, ...own });
  const asked: { loss: number; sequences: number | undefined; cost: number }[] = [];
  const seen: { task?: AllocationTask; counts?: ReadonlyMap<string, number> } = {};
  const session = tinySession(
    settings,
    [
      fill(Allocation, {
        async allocate(task) {
          seen.task = task;
          seen.counts = await allocation.allocate({
            ...task,
            async loss(removed, sequences) {
              const loss = await task.loss(removed, sequences);
              asked.push({ loss, sequences, cost: costOf(removed, task.groups) });
              return loss;
            },
          });
          return seen.counts;
        },
      }),
    ],
    { layers },
  );
  const progress: ProgressEvent[] = [];
  session.hooks.progress.tap('test', event => void progress.push(event));
  const report = await executeRun(session);
  return { report, asked, progress, ...(seen as Required<typeof seen>) };
};

test('in a run: the loss is never more than that of the start, and the budget is held', async t => {
  const { report, asked, counts, task, progress } = await searching({}, { prune: { rounding: 4 } });
  const { quota, groups, limits } = task;
  const full = asked.filter(({ sequences }) => sequences === task.sequences);
  const start = full[0]!;
  const found = Math.min(...full.map(({ loss }) => loss));
  t.true(found < start.loss, `${found} of ${start.loss}`);
  const cost = groups.reduce((sum, { id, unitCost }) => sum + counts.get(id)! * unitCost, 0);
  const finest = Math.min(
    ...groups.map(({ kind, unitCost }) => unitCost * (kind === 'channel' ? limits.rounding : 1)),
  );
  for (const one of asked)
    t.true(Math.abs(one.cost - quota) <= Math.max(finest / 2, Math.abs(start.cost - quota)));
  t.true(Math.abs(cost - quota) <= finest / 2);
  for (const group of groups)
    if (group.kind === 'channel' && counts.get(group.id)! > 0)
      t.is((group.units - counts.get(group.id)!) % limits.rounding, 0);
  t.is(report.parameters.before - report.parameters.after, cost);
  t.deepEqual([...new Set(asked.map(({ sequences }) => sequences))].sort(), [2, 4]);
  const notes = progress.flatMap(event =>
    event.kind === 'progress' && event.unit === 'evaluations' ? [event] : [],
  );
  t.like(notes[0], { done: 1, total: 25 });
  t.regex(notes[0]!.note!, /^loss \d+\.\d{4}, 24 left$/);
  t.like(notes.at(-1), { done: 25, total: 25 });
});

test('the found counts have the least loss that was measured', async t => {
  const { asked, counts, report } = await searching({ look: 1 });
  t.true(asked.every(({ sequences }) => sequences === 4));
  t.true(counts.size > 0);
  t.true(report.parameters.after < report.parameters.before);
});

test('the same seed finds the same, another seed draws others', async t => {
  const one = await searching();
  const two = await searching();
  t.deepEqual(two.counts, one.counts);
  t.deepEqual(two.asked, one.asked);
  const other = await searching({}, { seed: 2 });
  t.notDeepEqual(other.asked, one.asked);
});

test('an interrupted search stops before the next evaluation', async t => {
  const model = await openTinyModel({ layers });
  const groups = model.groups.filter(({ kind }) => kind === 'channel');
  const stop = new AbortController();
  let evaluations = 0;
  const run: RunContext = tinyContext(tinySession(), stop.signal);
  const task = {
    run,
    model,
    groups,
    saliency: new Map(groups.map(({ id, units }) => [id, new Float32Array(units)])),
    knowledge: { rows: [] },
    quota: 1000,
    limits: run.config.prune,
    already: new Map(),
    sequences: 4,
    loss: async () => {
      if (++evaluations === 3) stop.abort(new Error('enough'));
      return 1;
    },
  } satisfies AllocationTask;
  await t.throwsAsync(bySearch(options).allocate(task), { message: 'enough' });
  t.is(evaluations, 3);
});

test('layers that must stay alike are refused before anything is measured', async t => {
  const session = tinySession({ export: { shape: 'uniform' } }, [fill(Allocation, bySearch(options))]);
  await t.throwsAsync(executeRun(session), {
    code: 'E_CONFIG_INVALID',
    message: /export\.shape is "uniform"/,
  });
  t.notThrows(() => bySearch(options).check?.(tinyConfig()));
});

test('options of nothing are refused', t => {
  for (const wrong of [{ offspring: 0 }, { look: 0 }, { finalists: 0 }, { generations: 1.5 }])
    t.throws(() => allocationSearch(wrong), { code: 'E_PLUGIN_OPTIONS' } as never);
});
