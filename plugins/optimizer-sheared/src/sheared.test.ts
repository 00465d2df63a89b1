import {
  Engine,
  executeRun,
  type Feeds,
  PruneOptimizer,
  type PruneOutcome,
  resumeRun,
  type SaliencyMap,
  type Selection,
} from '@secateur/core';
import {
  fill,
  providedBy,
  runKilled,
  runStopped,
  stepsFromHere,
  type TinySession,
  type TinySettings,
  timeless,
  tinySession,
  writtenModel,
} from '@secateur/core/testing';
import test from 'ava';
import optimizerSheared, { Sheared, type ShearedOptions, shearedOptions } from './index.js';

/** Wide enough that channels can fill what heads leave. */
const model = { bias: true, layers: Array(2).fill({ kvHeads: 2, queries: 2, channels: 16 }) };

/** 9 of 12 steps; a checkpoint after each fourth. */
const options: Partial<ShearedOptions> = { share: 0.75, initial: 2 };
const settings: TinySettings = { prune: { ratio: 0.45 }, checkpoint: { steps: 4 } };

/** A session that is watched. */
const prepared = (own: Partial<ShearedOptions> = {}, set: TinySettings = settings) => {
  const sheared = new Sheared(shearedOptions.parse({ ...options, ...own }));
  const outcomes: PruneOutcome[] = [];
  const session = tinySession(
    set,
    [
      fill(PruneOptimizer, {
        async prune(task) {
          const before = [...task.model.lora.arrays].map(([name, data]) => [name, data.slice()] as const);
          const outcome = await sheared.prune(task);
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
  const told: [when: string, step: number, selection: Selection][] = [];
  const scores: SaliencyMap[] = [];
  let at = 0;
  const { beforePeriod, afterPeriod, afterStep, saliency } = session.hooks;
  afterStep.tap('test', ({ step }) => {
    at = step;
  });
  beforePeriod.tap('test', ({ selection }) => void told.push(['before', at, selection]));
  afterPeriod.tap('test', ({ selection }) => void told.push(['after', at, selection]));
  saliency.tap('test', map => {
    scores.push(map);
    return map;
  });
  return { session, outcomes, told, scores };
};

/** The gates of every step, as one list for each sequence of the batch. */
const withGates = (session: TinySession) => {
  const engine = session.active(Engine);
  const steps: number[][][] = [];
  const watched: Engine = {
    async compile(graph, compiling) {
      const executable = await engine.compile(graph, compiling);
      const trains = compiling?.wrt?.some(name => name.includes('lora_')) ?? false;
      return {
        run(feeds: Feeds) {
          const gates = Object.entries(feeds).filter(([name]) => name.startsWith('gate:'));
          if (trains)
            steps.push(
              [0, 1].map(row =>
                gates.flatMap(([, { shape, data }]) =>
                  [...(data as Float32Array)].slice(row * shape[1]!, (row + 1) * shape[1]!),
                ),
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
  const active: TinySession['active'] = port =>
    (port as unknown) === Engine ? (watched as never) : session.active(port);
  return { session: { ...session, active }, steps };
};

const whole = prepared();
const report = await executeRun(whole.session);

test('closed gates, compact model and written model agree, and the budget is met', t => {
  const { check, training, removed } = report;
  t.true(check.maskedVsCompact < 1e-5 && check.writtenVsCompact < 1e-5, JSON.stringify(check));
  t.is(training.losses.pruning.length, 9);
  t.is(training.tokens.pruning, 9 * 12);
  t.true(Math.abs(removed.blocks - 0.45) < 0.02);
  t.is(whole.outcomes[0]!.model.changed.size, 0);
  const { files } = whole.session.storage.stores.get('run')!;
  t.deepEqual([...files.keys()], []);
});

test('units are chosen at the end, by the probability that they stay', t => {
  const [removed] = whole.outcomes.map(outcome => outcome.removed);
  t.deepEqual(
    whole.told.map(([when, step]) => [when, step]),
    [
      ['before', 0],
      ['after', 9],
    ],
  );
  t.is(whole.told[0]![2].size, 0);
  t.deepEqual(whole.told[1]![2], removed);
  t.is(whole.scores.length, 1);
  for (const [id, scores] of whole.scores[0]!) {
    const of = (gone: boolean) =>
      [...scores].filter((_, unit) => (removed!.get(id) ?? []).includes(unit) === gone);
    t.true(of(true).length > 0 && Math.max(...of(true)) <= Math.min(...of(false)), id);
    t.true(scores.every(score => score > 0 && score < 1));
  }
  const last = whole.session.logged.map(({ message }) => message).filter(line => line.includes('masks'));
  t.is(last.length, 1);
  t.regex(last[0]!, /% of kv-head, [\d.]+ % of channel to be gone; \d+ of \d+ removed units/);
});

test('ranked uniformly, all layers keep alike', async t => {
  const { session, outcomes } = prepared({}, { ...settings, prune: { ratio: 0.45, ranking: 'uniform' } });
  await executeRun(session);
  const counts = [...outcomes[0]!.removed].map(([id, units]) => [id.split('#')[1], units.length]);
  t.is(new Set(counts.map(String)).size, 2, JSON.stringify(counts));
});

test('gates are drawn anew at each step, alike for all sequences, within 0 and 1', async t => {
  const { session, steps } = withGates(prepared({ initial: 0 }).session);
  await executeRun(session);
  t.is(steps.length, 9);
  for (const [first, second] of steps) {
    t.deepEqual(first, second);
    t.true(first!.every(gate => gate >= 0 && gate <= 1));
    t.true(first!.some(gate => gate > 0 && gate < 1));
  }
  t.is(new Set(steps.map(rows => rows[0]!.join())).size, 9);
});

test('at the beginning, nearly all gates are 1', async t => {
  const { session, steps } = withGates(prepared({ initial: 5 }).session);
  await executeRun(session);
  const [first] = steps[0]!;
  t.true(first!.filter(gate => gate === 1).length > 0.85 * first!.length);
});

test('the adapter trains', t => {
  // B begins at zero.
  const arrays = [...whole.outcomes[0]!.model.lora.arrays].filter(([name]) => name.includes('lora_B'));
  t.true(arrays.every(([, data]) => data.some(x => x !== 0)));
});

test('steps of several runs of the engine are those of one', async t => {
  const parted = (microBatch: number) =>
    prepared({}, { ...settings, train: { batch: 4, microBatch, tokens: 288 } });
  const one = await executeRun(parted(4).session);
  for (const microBatch of [1, 2]) {
    const several = await executeRun(parted(microBatch).session);
    const apart = several.training.losses.pruning.map(({ loss }, i) =>
      Math.abs(loss - one.training.losses.pruning[i]!.loss),
    );
    t.true(Math.max(...apart) < 1e-5, `${apart}`);
    t.deepEqual(several.removedUnits, one.removedUnits);
  }
});

for (const at of [1, 2, 4, 5, 8, 9])
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

test('the plugin provides "sheared" and checks its options', t => {
  t.true(providedBy(optimizerSheared(), PruneOptimizer, 'sheared') instanceof Sheared);
  for (const wrong of [{ share: 0 }, { warmup: 2 }, { maskRate: 0 }, { multiplierRate: -1 }, { rate: 1 }])
    t.throws(
      () => optimizerSheared(wrong as never),
      { code: 'E_PLUGIN_OPTIONS' } as never,
      JSON.stringify(wrong),
    );
});
