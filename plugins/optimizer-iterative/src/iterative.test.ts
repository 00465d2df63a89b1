import {
  costOf,
  Engine,
  executeRun,
  type Feeds,
  PruneOptimizer,
  type PruneOutcome,
  resumeRun,
  SaliencyScorer,
  type Selection,
  type Sequence,
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
  writtenModel,
} from '@secateur/core/testing';
import test from 'ava';
import optimizerIterative, { Iterative, type IterativeOptions, iterativeOptions } from './index.js';

/** Wide enough that channels can fill what heads leave. */
const model = { bias: true, layers: Array(2).fill({ kvHeads: 2, queries: 2, channels: 16 }) };

/** 9 of 12 steps: closings before the steps 1, 3, 5 and 7, counted from 0. */
const options: Partial<IterativeOptions> = { share: 0.75, frequency: 2, cooldown: 0.2, warmup: 0.1 };
const settings: TinySettings = { prune: { ratio: 0.45 }, checkpoint: { steps: 4 } };

/** Fisher information of the gates: noisy, and different at each closing. */
const fisher: SaliencyScorer = {
  needs: ['gateGradient'],
  score: (group, signals) => Float32Array.from(signals.gateGradient(group).meanSquare),
};

/** A session that is watched. */
const prepared = (own: Partial<IterativeOptions> = {}, set: TinySettings = settings) => {
  const iterative = new Iterative(iterativeOptions.parse({ ...options, ...own }));
  const outcomes: PruneOutcome[] = [];
  const scored: { readonly sequences: readonly Sequence[]; readonly batch: readonly Sequence[] }[] = [];
  let at = 0;
  const session = tinySession(
    set,
    [
      fill(SaliencyScorer, fisher),
      fill(PruneOptimizer, {
        async prune(task) {
          const before = [...task.model.lora.arrays].map(([name, data]) => [name, data.slice()] as const);
          const outcome = await iterative.prune({
            ...task,
            score(current, gates, cut, sequences) {
              scored.push({ sequences: sequences!, batch: task.batches.at(at) });
              return task.score(current, gates, cut, sequences);
            },
          });
          outcomes.push(outcome);
          for (const [name, data] of before)
            if (data.some((x, i) => x !== task.model.lora.arrays.get(name)![i]))
              throw new Error(`${name} of the dense model was changed`);
          return outcome;
        },
      }),
    ],
    model,
  );
  const told: [when: string, step: number, period: number, selection: Selection][] = [];
  const { beforePeriod, afterPeriod, afterStep } = session.hooks;
  afterStep.tap('test', ({ step }) => {
    at = step;
  });
  for (const [when, hook] of [
    ['before', beforePeriod],
    ['after', afterPeriod],
  ] as const)
    hook.tap('test', ({ period, selection }) => void told.push([when, at, period, selection]));
  return { session, outcomes, scored, told };
};

test('closed gates, compact model and written model agree, and the budget is met', async t => {
  const { session, outcomes } = prepared();
  const { check, training, removed } = await executeRun(session);
  t.true(check.maskedVsCompact < 1e-5 && check.writtenVsCompact < 1e-5, JSON.stringify(check));
  t.is(training.losses.pruning.length, 9);
  t.is(training.tokens.pruning, 9 * 12);
  t.true(Math.abs(removed.blocks - 0.45) < 0.02);
  t.is(outcomes[0]!.model.changed.size, 0);
  const { files } = session.storage.stores.get('run')!;
  t.deepEqual([...files.keys()], []);
});

test('each closing takes its part of the budget, from units that are still there', async t => {
  const { session, outcomes, told } = prepared();
  const { parameters } = await executeRun(session);
  const [{ removed, model: pruned }] = outcomes as [PruneOutcome];
  t.deepEqual(
    told.map(([when, step, period]) => [when, step, period]),
    [
      ['before', 1, 1],
      ['after', 3, 1],
      ['before', 3, 2],
      ['after', 5, 2],
      ['before', 5, 3],
      ['after', 7, 3],
      ['before', 7, 4],
      ['after', 9, 4],
    ],
  );
  const gone = new Map<string, number[]>();
  const quota = parameters.before - parameters.after;
  for (const [when, , period, selection] of told) {
    if (when === 'after') continue;
    for (const [id, units] of selection) {
      const before = gone.get(id) ?? [];
      t.false(
        units.some(unit => before.includes(unit)),
        'chosen twice',
      );
      gone.set(
        id,
        [...before, ...units].sort((a, b) => a - b),
      );
    }
    const wanted = quota * (1 - (1 - (period - 1) / 3) ** 3);
    t.true(Math.abs(costOf(gone, pruned.groups) - wanted) <= 24, `period ${period}`);
  }
  t.deepEqual([...removed].sort(), [...gone].sort());
  const events = (await session.storage.reopen('run')).events.filter(({ event }) => event === 'period');
  t.deepEqual(
    events.map(({ period, periods }) => [period, periods]),
    [1, 2, 3, 4].map(period => [period, 4]),
  );
  t.is(events.at(-1)!.removed, quota);
});

test('scores are taken on the batch of the step', async t => {
  const { session, scored } = prepared();
  await executeRun(session);
  t.is(scored.length, 4);
  for (const { sequences, batch } of scored) t.deepEqual(sequences, batch);
});

test('units that are chosen are closed in the very next step, and stay closed', async t => {
  const { session, told } = prepared();
  const engine = session.active(Engine);
  const closed: string[][] = [];
  const watched: Engine = {
    async compile(graph, compiling) {
      const executable = await engine.compile(graph, compiling);
      const trains = compiling?.wrt?.some(name => name.includes('lora_')) ?? false;
      return {
        run(feeds: Feeds) {
          if (trains)
            closed.push(
              Object.entries(feeds)
                .filter(([name]) => name.startsWith('gate:'))
                .flatMap(([name, { shape, data }]) =>
                  [...data].flatMap((gate, i) => (gate === 0 ? [`${name.slice(5)} ${i % shape[1]!}`] : [])),
                ),
            );
          return executable.run(feeds);
        },
        release: () => executable.release(),
      };
    },
    info: () => engine.info(),
    close: () => engine.close(),
  };
  await executeRun({
    ...session,
    active: port => ((port as unknown) === Engine ? (watched as never) : session.active(port)),
  });
  t.is(closed.length, 9);
  const gone = new Set<string>();
  for (const [step, names] of closed.entries()) {
    for (const [when, at, , selection] of told)
      if (when === 'before' && at === step)
        for (const [id, units] of selection) for (const unit of units) gone.add(`${id} ${unit}`);
    t.deepEqual([...new Set(names)].sort(), [...gone].sort(), `step ${step}`);
    t.is(names.length, 2 * gone.size, 'for each sequence of the batch');
  }
});

test('a single closing before the first step removes what one-shot pruning does', async t => {
  const { session, told } = prepared({ warmup: 0, share: 0.01 });
  const once = tinySession(
    settings,
    [
      fill(SaliencyScorer, fisher),
      fill(PruneOptimizer, {
        prune: async ({ model: dense, quota, score, select, batches }) => ({
          removed: await select(await score(dense, undefined, undefined, batches.at(0)), quota),
          model: dense,
          tokens: 0,
          losses: [],
        }),
      }),
    ],
    model,
  );
  const { removedUnits, training } = await executeRun(session);
  t.is(told.length, 2);
  t.is(training.losses.pruning.length, 1);
  t.true(Object.values(removedUnits).flat().length > 4);
  t.deepEqual(removedUnits, (await executeRun(once)).removedUnits);
});

const whole = prepared();
const report = await executeRun(whole.session);

for (const at of [1, 2, 3, 4, 6, 7, 9])
  test(`stopped after step ${at}, it goes on to the same bytes`, async t => {
    const { session, told } = prepared();
    await t.throwsAsync(runStopped(session, at), { message: 'enough' });
    const store = await session.storage.reopen('run');
    t.is(store.saves.at(-1), 'prune.partial');
    const steps = stepsFromHere(session);
    t.deepEqual(timeless(await resumeRun(session)), timeless(report));
    t.is(steps[0] ?? 10, at + 1);
    t.deepEqual(writtenModel(session), writtenModel(whole.session));
    t.deepEqual(told, whole.told, 'nobody is told twice');
    t.is(await store.load('prune.partial'), undefined);
  });

test('killed between two checkpoints, it goes on from the last one to the same bytes', async t => {
  for (const [at, next] of [
    [3, 1],
    [6, 5],
    [9, 9],
  ] as const) {
    const { session } = prepared();
    await t.throwsAsync(runKilled(session, at), { message: 'killed' });
    const steps = stepsFromHere(session);
    t.deepEqual(timeless(await resumeRun(session)), timeless(report));
    t.is(steps[0], next);
    t.deepEqual(writtenModel(session), writtenModel(whole.session));
  }
});

test('the plugin provides "iterative" and checks its options', t => {
  t.true(providedBy(optimizerIterative(), PruneOptimizer, 'iterative') instanceof Iterative);
  for (const wrong of [
    { frequency: 0 },
    { decay: 1 },
    { share: 0 },
    { warmup: 1 },
    { initial: 2 },
    { every: 2 },
  ])
    t.throws(
      () => optimizerIterative(wrong as never),
      { code: 'E_PLUGIN_OPTIONS' } as never,
      JSON.stringify(wrong),
    );
});
