import {
  type CompileOptions,
  Engine,
  executeRun,
  PruneOptimizer,
  type PruneOutcome,
  Repair,
  resumeRun,
  type Token,
} from '@secateur/core';
import {
  fill,
  providedBy,
  runStopped,
  type TinySettings,
  timeless,
  tinySession,
  watchedEngine,
  writtenModel,
} from '@secateur/core/testing';
import { Lhspg, type LhspgOptions, lhspgOptions } from '@secateur/plugin-optimizer-lhspg';
import repairLeastSquares from '@secateur/plugin-repair-least-squares';
import test from 'ava';

const fades = ['gate', 'rows', 'half-space'] as const;
const leastSquares = providedBy(repairLeastSquares(), Repair, 'least-squares');
const model = { bias: true, layers: Array(2).fill({ kvHeads: 3, queries: 2, channels: 8 }) };

/** 7 steps in all: one of warm-up, then 3 periods of 2. Heads go in the first. */
const options: Partial<LhspgOptions> = { periods: 3, warmup: 0.1, share: 0.5 };
const settings: TinySettings = { prune: { ratio: 0.5 }, checkpoint: { steps: 2 } };

const prepared = (own: Partial<LhspgOptions> = {}, set: TinySettings = settings) => {
  const lhspg = new Lhspg(lhspgOptions.parse({ ...options, ...own }));
  const outcomes: PruneOutcome[] = [];
  let repairs = 0;
  const session = tinySession(
    set,
    [
      fill(PruneOptimizer, {
        async prune(task) {
          const outcome = await lhspg.prune(task);
          outcomes.push(outcome);
          return outcome;
        },
      }),
      fill(Repair, {
        repair(task) {
          repairs++;
          return leastSquares.repair(task);
        },
      }),
    ],
    model,
  );
  return { session, outcomes, repairs: () => repairs };
};

for (const fade of fades) {
  test(`${fade}: in one period that learns nothing, it is the model that one-shot pruning repairs`, async t => {
    const still: TinySettings = { ...settings, train: { learningRate: 1e-30 } };
    const once = tinySession(still, [fill(Repair, leastSquares)], model);
    const { removedUnits } = await executeRun(once);
    for (const share of [0.01, 0.3]) {
      const { session, repairs } = prepared({ fade, periods: 1, warmup: 0, share }, still);
      const report = await executeRun(session);
      t.deepEqual(report.removedUnits, removedUnits);
      t.deepEqual(writtenModel(session), writtenModel(once));
      t.is(repairs(), 1);
    }
    const bare = tinySession(still, [], model);
    t.deepEqual((await executeRun(bare)).removedUnits, removedUnits);
    t.notDeepEqual(writtenModel(bare), writtenModel(once));
  });

  test(`${fade}: each period is repaired once, and the cut repairs nothing again`, async t => {
    const { session, outcomes, repairs } = prepared({ fade });
    const { check } = await executeRun(session);
    t.is(repairs(), 3);
    t.true(outcomes[0]!.repaired);
    t.true(check.maskedVsCompact < 1e-5 && check.writtenVsCompact < 1e-5, JSON.stringify(check));
  });

  test(`${fade}: with and without shrinking, losses, units and model are the same`, async t => {
    const [shrunken, dense] = [prepared({ fade }), prepared({ fade, shrink: false })];
    const report = await executeRun(shrunken.session);
    t.deepEqual(timeless(await executeRun(dense.session)), timeless(report));
    t.deepEqual(writtenModel(dense.session), writtenModel(shrunken.session));
  });

  for (const at of [1, 2, 4, 5, 6])
    test(`${fade}: stopped after step ${at}, it goes on to the same bytes`, async t => {
      const whole = prepared({ fade });
      const report = await executeRun(whole.session);
      const { session, repairs } = prepared({ fade });
      await t.throwsAsync(runStopped(session, at), { message: 'enough' });
      t.deepEqual(timeless(await resumeRun(session)), timeless(report));
      t.deepEqual(writtenModel(session), writtenModel(whole.session));
      t.is(repairs(), 3, 'a period is repaired by one process');
    });
}

test('killed at the cut, it does not repair again', async t => {
  const whole = prepared();
  const report = await executeRun(whole.session);
  const { session, repairs } = prepared();
  let kill = true;
  session.hooks.cut.tap('kill', masked => {
    if (kill) throw new Error('killed');
    return masked;
  });
  await t.throwsAsync(executeRun(session));
  kill = false;
  t.deepEqual(timeless(await resumeRun(session)), timeless(report));
  t.deepEqual(writtenModel(session), writtenModel(whole.session));
  t.is(repairs(), 3);
});

test('with train.weights int8, what is repaired is fed as it is and the rest read in 8 bits', async t => {
  const { session, outcomes } = prepared({}, { ...settings, train: { weights: 'int8' } });
  const compiled: CompileOptions[] = [];
  const engine = watchedEngine(session.active(Engine), compiled);
  const active = <T>(port: Token<T>): T => (port.id === Engine.id ? (engine as T) : session.active(port));
  const { check } = await executeRun({ ...session, active });
  t.true(check.maskedVsCompact < 1e-5);
  const { changed } = outcomes[0]!.model;
  t.deepEqual([...changed.keys()].map(name => name.replace(/.*\.(\w+)\.weight/, '$1')).sort(), [
    'down_proj',
    'down_proj',
    'o_proj',
    'o_proj',
  ]);
  const trained = compiled.filter(({ quantised }) => quantised);
  t.is(trained.length, 3);
  for (const { quantised, fed = [] } of trained) {
    t.true(quantised!.size > 0);
    for (const name of changed.keys()) t.true(fed.includes(name) && !quantised!.has(name), name);
  }
});

test('without a repair, what reads the groups stays in its file', async t => {
  const outcomes: PruneOutcome[] = [];
  const lhspg = new Lhspg(lhspgOptions.parse(options));
  const session = tinySession(
    settings,
    [
      fill(PruneOptimizer, {
        async prune(task) {
          t.is(task.repair, undefined);
          outcomes.push(await lhspg.prune(task));
          return outcomes[0]!;
        },
      }),
    ],
    model,
  );
  await executeRun(session);
  t.false(outcomes[0]!.repaired);
  t.is(outcomes[0]!.model.changed.size, 0);
});
