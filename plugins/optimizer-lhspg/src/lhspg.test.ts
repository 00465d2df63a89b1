import {
  type CompileOptions,
  costOf,
  Engine,
  executeRun,
  PruneOptimizer,
  type PruneOutcome,
  type Report,
  resumeRun,
  SaliencyScorer,
  type Selection,
  type Token,
} from '@secateur/core';
import {
  fill,
  providedBy,
  runKilled,
  runStopped,
  stepsFromHere,
  type TinySettings,
  timeless,
  tinySession,
  watchedEngine,
  writtenModel,
} from '@secateur/core/testing';
import test from 'ava';
import optimizerLhspg, { Lhspg, type LhspgOptions, lhspgOptions } from './index.js';

/** Wide enough that channels can fill what heads leave. */
const model = { bias: true, layers: Array(2).fill({ kvHeads: 2, queries: 2, channels: 16 }) };

const fades = ['gate', 'rows', 'half-space'] as const;

/** 12 steps in all: 2 of warm-up, then 3 periods of 2; a checkpoint after each fourth. */
const options: Partial<LhspgOptions> = { periods: 3, warmup: 0.15, share: 0.5 };
const settings: TinySettings = { prune: { ratio: 0.45 }, checkpoint: { steps: 4 } };

/** A session that keeps what the optimizer gave, and tells of its periods. */
const prepared = (
  own: Partial<LhspgOptions>,
  set: TinySettings = settings,
  ports: Parameters<typeof tinySession>[1] = [],
) => {
  const lhspg = new Lhspg(lhspgOptions.parse({ ...options, ...own }));
  const outcomes: PruneOutcome[] = [];
  const quotas: number[] = [];
  const session = tinySession(
    set,
    [
      fill(PruneOptimizer, {
        async prune(task) {
          const before = [...task.model.lora.arrays].map(([name, data]) => [name, data.slice()] as const);
          quotas.push(task.quota);
          const outcome = await lhspg.prune(task);
          outcomes.push(outcome);
          for (const [name, data] of before)
            if (data.some((x, i) => x !== task.model.lora.arrays.get(name)![i]))
              throw new Error(`${name} of the dense model was changed`);
          return outcome;
        },
      }),
      ...ports,
    ],
    model,
  );
  const periods: [number, Selection][] = [];
  session.hooks.afterPeriod.tap('test', ({ period, selection }) => void periods.push([period, selection]));
  return { session, outcomes, quotas, periods };
};

for (const fade of fades) {
  test(`${fade}: closed gates, compact model and written model agree`, async t => {
    const { session } = prepared({ fade });
    const { check, training, removed } = await executeRun(session);
    t.true(check.maskedVsCompact < 1e-5 && check.writtenVsCompact < 1e-5, JSON.stringify(check));
    t.is(training.losses.pruning.length, 2 + 3 * 2);
    t.is(training.tokens.pruning, 8 * 12);
    t.true(Math.abs(removed.blocks - 0.45) < 0.02);
  });

  test(`${fade}: every period takes its part of the budget, and what is gone stays gone`, async t => {
    const { session, outcomes, quotas, periods } = prepared({ fade });
    await executeRun(session);
    const [{ removed, model: pruned }] = outcomes as [PruneOutcome];
    t.deepEqual(
      periods.map(([period]) => period),
      [1, 2, 3],
    );
    const gone = new Map<string, number[]>();
    for (const [period, selection] of periods) {
      for (const [id, units] of selection) {
        const before = gone.get(id) ?? [];
        t.false(
          units.some(unit => before.includes(unit)),
          'chosen twice',
        );
        gone.set(id, [...before, ...units]);
      }
      const smallest = 24;
      t.true(Math.abs(costOf(gone, pruned.groups) - (quotas[0]! * period) / 3) <= smallest / 2);
    }
    const sorted = (all: Selection) =>
      [...all].map(([id, units]) => [id, [...units].sort((a, b) => a - b)]).sort();
    t.deepEqual(sorted(removed), sorted(gone));
  });

  for (const at of [2, 5, 6, 8])
    test(`${fade}: stopped after step ${at}, it goes on to the same bytes`, async t => {
      const whole = prepared({ fade });
      const report = await executeRun(whole.session);
      const { session } = prepared({ fade });
      await t.throwsAsync(runStopped(session, at), { message: 'enough' });
      const store = await session.storage.reopen('run');
      t.is(store.saves.at(-1), 'prune.partial');
      const steps = stepsFromHere(session);
      t.deepEqual(timeless(await resumeRun(session)), timeless(report));
      t.is(steps[0] ?? 9, at + 1);
      t.deepEqual(writtenModel(session), writtenModel(whole.session));
      t.is(await store.load('prune.partial'), undefined);
    });
}

test('killed between two checkpoints, it goes on from the last one to the same bytes', async t => {
  for (const fade of fades) {
    const whole = prepared({ fade });
    const report = await executeRun(whole.session);
    const { session } = prepared({ fade });
    await t.throwsAsync(runKilled(session, 7), { message: 'killed' });
    const steps = stepsFromHere(session);
    t.deepEqual(timeless(await resumeRun(session)), timeless(report));
    t.is(steps[0], 5);
    t.deepEqual(writtenModel(session), writtenModel(whole.session));
  }
});

/** Largest difference of two reports' losses. */
const lossesApart = (a: Report, b: Report): number =>
  Math.max(
    ...a.training.losses.pruning.map(({ loss }, i) => Math.abs(loss - b.training.losses.pruning[i]!.loss)),
  );

for (const fade of fades)
  test(`${fade}: steps of several runs of the engine are those of one, and go on to the same bytes`, async t => {
    const parted = (microBatch: number) =>
      prepared({ fade }, { ...settings, train: { batch: 4, microBatch, tokens: 288 } });
    const whole = await executeRun(parted(4).session);
    for (const microBatch of [1, 2]) {
      const report = await executeRun(parted(microBatch).session);
      t.true(lossesApart(report, whole) < 1e-6, `${lossesApart(report, whole)}`);
      t.deepEqual(report.removedUnits, whole.removedUnits);
      t.deepEqual(report.training.tokens, whole.training.tokens);
    }
    const [once, { session }] = [parted(1), parted(1)];
    const report = await executeRun(once.session);
    await t.throwsAsync(runStopped(session, 5), { message: 'enough' });
    t.deepEqual(timeless(await resumeRun(session)), timeless(report));
    t.deepEqual(writtenModel(session), writtenModel(once.session));
  });

test('in one period of one step, without a warm-up, it removes what one-shot pruning does', async t => {
  const once = tinySession(settings, [], model); // prunes in one shot
  const { removedUnits } = await executeRun(once);
  t.true(Object.values(removedUnits).flat().length > 4);
  for (const fade of fades) {
    const { session } = prepared({ fade, periods: 1, warmup: 0, share: 0.01 });
    const report = await executeRun(session);
    t.is(report.training.losses.pruning.length, 1);
    t.deepEqual(report.removedUnits, removedUnits, fade);
  }
});

test('a cubic budget takes most of it early', async t => {
  const { session, outcomes, quotas, periods } = prepared({ quota: 'cubic' });
  await executeRun(session);
  const first = costOf(periods[0]![1], outcomes[0]!.model.groups);
  t.true(Math.abs(first / quotas[0]! - (1 - (2 / 3) ** 3)) < 0.03);
});

test('a fixed allocation keeps the shape of the first scoring, whatever is scored later', async t => {
  const countsOf = (selection: Selection) =>
    Object.fromEntries(
      [...selection].filter(([, units]) => units.length > 0).map(([id, u]) => [id, u.length]),
    );
  const run = async (allocation: 'fixed' | 'rescored') => {
    let scoring = 0;
    /** Channels of the first layer are worth least at first, those of the second later. */
    const turning: SaliencyScorer = {
      score({ layer, kind, units }) {
        if (kind === 'kv-head' && layer === 0) scoring++;
        const base = (layer === 0) === scoring <= 1 ? 1 : 50;
        return Float32Array.from({ length: units }, (_, u) => base + ((u * 7 + scoring) % 16));
      },
    };
    const { session, outcomes, periods } = prepared({ allocation, warmup: 0 }, settings, [
      fill(SaliencyScorer, turning),
    ]);
    await executeRun(session);
    t.is(scoring, 3);
    return { removed: outcomes[0]!.removed, periods };
  };
  const once = tinySession(
    settings,
    [
      fill(SaliencyScorer, {
        score: ({ layer, units }) =>
          Float32Array.from({ length: units }, (_, u) => (layer === 0 ? 1 : 50) + ((u * 7 + 1) % 16)),
      }),
    ],
    model,
  );
  const first = countsOf(new Map(Object.entries((await executeRun(once)).removedUnits)));
  const fixed = await run('fixed');
  t.deepEqual(countsOf(fixed.removed), first);
  t.notDeepEqual(countsOf((await run('rescored')).removed), first);
  // A third, two thirds, and all of each count.
  const gone: Record<string, number> = {};
  for (const [period, selection] of fixed.periods) {
    for (const [id, units] of selection) gone[id] = (gone[id] ?? 0) + units.length;
    for (const [id, count] of Object.entries(first)) t.is(gone[id], Math.round((count * period) / 3), id);
  }
});

test('in one period, a fixed allocation is a rescored one', async t => {
  const reports = await Promise.all(
    (['fixed', 'rescored'] as const).map(allocation =>
      executeRun(prepared({ allocation, periods: 1 }).session),
    ),
  );
  t.deepEqual(timeless(reports[0]!), timeless(reports[1]!));
});

for (const fade of fades)
  test(`${fade}: a fixed allocation and a quadratic decay go on to the same bytes`, async t => {
    const own = { fade, allocation: 'fixed', decay: 'quadratic' } as const;
    const whole = prepared(own);
    const report = await executeRun(whole.session);
    t.true(report.check.maskedVsCompact < 1e-5 && report.check.writtenVsCompact < 1e-5);
    t.true(Math.abs(report.removed.blocks - 0.45) < 0.02);
    for (const at of [3, 4, 7]) {
      const { session } = prepared(own);
      await t.throwsAsync(runStopped(session, at), { message: 'enough' });
      t.deepEqual(timeless(await resumeRun(session)), timeless(report));
      t.deepEqual(writtenModel(session), writtenModel(whole.session));
    }
  });

test('half-space pruning changes base weights, the other fades do not', async t => {
  for (const fade of fades) {
    const { session, outcomes } = prepared({ fade });
    await executeRun(session);
    t.is(outcomes[0]!.model.changed.size > 0, fade === 'half-space');
  }
});

test('the plugin provides "lhspg" and checks its options', t => {
  t.true(providedBy(optimizerLhspg(), PruneOptimizer, 'lhspg') instanceof Lhspg);
  for (const wrong of [
    { periods: 0 },
    { epsilon: 1 },
    { share: 0 },
    { fade: 'slow' },
    { decay: 'cubic' },
    { period: 2 },
  ])
    t.throws(
      () => optimizerLhspg(wrong as never),
      { code: 'E_PLUGIN_OPTIONS' } as never,
      JSON.stringify(wrong),
    );
});

for (const fade of fades)
  test(`${fade}: with train.weights int8, the steps alone read 8 bits, but not of what the fade changes`, async t => {
    const { session, outcomes } = prepared({ fade }, { ...settings, train: { weights: 'int8' } });
    const compiled: CompileOptions[] = [];
    const engine = watchedEngine(session.active(Engine), compiled);
    const active = <T>(port: Token<T>): T => (port.id === Engine.id ? (engine as T) : session.active(port));
    await executeRun({ ...session, active });
    const { changed } = outcomes[0]!.model;
    t.is(changed.size > 0, fade === 'half-space');
    // The session recovers nothing: one file for the dense model, and one for what each cut has left.
    const inEightBits = compiled.flatMap(({ quantised, wrt = [] }) =>
      quantised ? [{ quantised, wrt }] : [],
    );
    const files = new Set<string>();
    for (const { quantised, wrt } of inEightBits) {
      t.true(wrt.length > 0 && quantised.size > 0);
      for (const [name, { file }] of quantised) {
        t.true(/_proj\.weight$/.test(name) && !changed.has(name), name);
        files.add(file);
      }
    }
    t.is(inEightBits.length, 3);
    t.is(files.size, 3);
    // All of them are gone with their folders.
    const { files: left } = session.storage.stores.get('run')!;
    t.deepEqual([...left.keys()], []);
  });
