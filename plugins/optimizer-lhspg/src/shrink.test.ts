import {
  type CheckpointFormat,
  Engine,
  executeRun,
  type Period,
  PruneOptimizer,
  type Report,
  type RunStore,
  resumeRun,
  SaliencyScorer,
} from '@secateur/core';
import { flopsOf } from '@secateur/core/graph';
import {
  fill,
  InterpreterEngine,
  type TinySession,
  type TinySettings,
  tinySession,
  WriteLimit,
} from '@secateur/core/testing';
import test from 'ava';
import { Lhspg, type LhspgOptions, lhspgOptions } from './index.js';

const model = { bias: true, layers: Array(2).fill({ kvHeads: 3, queries: 2, channels: 8 }) };
const fades = ['gate', 'rows', 'half-space'] as const;

/** 7 steps in all: one of warm-up, then 3 periods of 2. Heads go in the first, and one layer ends with a single one. */
const options: Partial<LhspgOptions> = { periods: 3, warmup: 0.1, share: 0.5 };
const settings: TinySettings = { prune: { ratio: 0.6 }, checkpoint: { steps: 4 } };

const prepared = (
  own: Partial<LhspgOptions>,
  set: TinySettings = settings,
  ports: Parameters<typeof tinySession>[1] = [],
) => {
  const lhspg = new Lhspg(lhspgOptions.parse({ ...options, ...own }));
  const session = tinySession(set, [fill(PruneOptimizer, lhspg), ...ports], model);
  const { format } = session;
  const interpreter = new InterpreterEngine(ref => format.read(ref));
  /** FLOPs of every graph that trains the adapter. */
  const flops: number[] = [];
  const engine: Engine = {
    compile(graph, compiling) {
      if (compiling?.wrt?.some(name => name.includes('lora_'))) flops.push(flopsOf(graph));
      return interpreter.compile(graph, compiling);
    },
    info: () => interpreter.info(),
    close: () => interpreter.close(),
  };
  /** Folders that were written, in order. */
  const folders: string[] = [];
  const write = format.write.bind(format);
  format.write = (folder, ...rest) => {
    folders.push(folder);
    return write(folder, ...rest);
  };
  const active: TinySession['active'] = port =>
    (port as unknown) === Engine ? (engine as never) : session.active(port);
  const periods: Period[] = [];
  session.hooks.afterPeriod.tap('test', period => void periods.push(period));
  return { session: { ...session, active }, flops, folders, periods };
};

const timeless = ({ stages: _, ...report }: Report) => report;
const written = ({ format }: TinySession) => format.models.get('run/model');
const shrunk = '/checkpoints/prune.shrunk';

/** Fisher information of the gates: what a unit is worth, whatever weights it shares with others. */
const fisher: SaliencyScorer = {
  needs: ['gateGradient'],
  score: (group, signals) => Float32Array.from(signals.gateGradient(group).meanSquare),
};

const cases: readonly (TinySettings['prune'] & { readonly scorer?: SaliencyScorer })[] = [
  { kinds: ['kv-head', 'channel'], ratio: 0.6 },
  { kinds: ['query-head', 'channel'], ratio: 0.4 },
  { kinds: ['kv-head', 'query-head', 'channel'], ratio: 0.5, scorer: fisher },
];

for (const fade of fades)
  for (const { scorer, ...prune } of cases)
    test(`${fade}, ${prune.kinds!.join(' and ')}: with and without shrinking, losses, units and model are the same`, async t => {
      const ports = scorer ? [fill(SaliencyScorer, scorer)] : [];
      const [shrunken, dense] = [true, false].map(shrink =>
        prepared({ fade, shrink }, { ...settings, prune }, ports),
      );
      const report = await executeRun(shrunken!.session);
      // The reference engine adds up what is there in one order: a term that is zero or missing makes no difference.
      t.deepEqual(timeless(await executeRun(dense!.session)), timeless(report));
      t.deepEqual(written(dense!.session), written(shrunken!.session));
      t.is(report.training.losses.pruning.length, 7);
      t.deepEqual(dense!.periods, shrunken!.periods);
      for (const kind of prune.kinds!)
        t.true(
          shrunken!.periods
            .slice(0, 2)
            .some(({ selection }) =>
              [...selection].some(([id, units]) => id.includes(kind) && units.length > 0),
            ),
          `no ${kind} is cut before the last period`,
        );
      t.true(report.check.maskedVsCompact < 1e-5);
    });

for (const fade of fades)
  test(`${fade}: each period trains a smaller graph, and nothing of it is left behind`, async t => {
    const { session, flops, folders } = prepared({ fade });
    await executeRun(session);
    t.is(flops.length, 3);
    t.true(flops[0]! > flops[1]! && flops[1]! > flops[2]!, flops.join());
    t.deepEqual(folders, [`run${shrunk}/1`, `run${shrunk}/2`, 'run/checkpoints/compact', 'run/model']);
    t.deepEqual([...session.format.models.keys()], ['tiny', 'run/checkpoints/compact', 'run/model']);
    const dense = prepared({ fade, shrink: false });
    await executeRun(dense.session);
    t.is(dense.flops.length, 1);
  });

test('in one period nothing is cut before the end', async t => {
  const { session, flops, folders } = prepared({ periods: 1 });
  await executeRun(session);
  t.is(flops.length, 1);
  t.deepEqual(folders, ['run/checkpoints/compact', 'run/model']);
});

test('a period that removes nothing cuts nothing', async t => {
  const { session, flops } = prepared({});
  session.hooks.selection.tap('test', () => new Map([['model.layers.0.mlp#channel', [1, 2]]]));
  await executeRun(session);
  t.is(flops.length, 2);
});

test('listeners see the dense model’s numbers', async t => {
  const { session } = prepared({});
  const lengths = new Set<number>();
  session.hooks.saliency.tap('test', saliency => {
    for (const scores of saliency.values()) lengths.add(scores.length);
    return saliency;
  });
  const gone: string[] = [];
  session.hooks.beforePeriod.tap('test', ({ selection }) => {
    for (const [id, units] of selection) gone.push(...units.map(unit => `${id} ${unit}`));
  });
  const { removedUnits } = await executeRun(session);
  t.deepEqual([...lengths].sort(), [3, 8]);
  t.is(new Set(gone).size, gone.length);
  t.deepEqual(
    gone.sort(),
    Object.entries(removedUnits)
      .flatMap(([id, units]) => units.map(unit => `${id} ${unit}`))
      .sort(),
  );
});

test('each period tells how much is gone, and how fast it was', async t => {
  const { session } = prepared({});
  const { parameters } = await executeRun(session);
  const events = (await session.storage.reopen('run')).events.filter(({ event }) => event === 'period');
  t.deepEqual(
    events.map(({ period, periods }) => [period, periods]),
    [
      [1, 3],
      [2, 3],
      [3, 3],
    ],
  );
  t.is(events.at(-1)!.removed, parameters.before - parameters.after);
  for (const { tokensPerSecond } of events) t.true((tokensPerSecond as number) > 0);
  const lines = session.logged.filter(({ message }) => message.includes('tokens/s'));
  t.is(lines.length, 3);
  t.regex(lines[2]!.message, /^period 3 of 3: [\d,]+ parameters are gone, at [\d,∞]+ tokens\/s$/);
});

for (const fade of fades)
  test.serial(`${fade}: killed between any two writes, it goes on to the same bytes`, async t => {
    const writes = new WriteLimit();
    const fragile = (): TinySession => {
      const { session } = prepared({ fade }, { ...settings, checkpoint: { steps: 2 } });
      const { format, storage } = session as { format: CheckpointFormat } & Pick<TinySession, 'storage'>;
      format.write = writes.counted(format.write.bind(format));
      const create = storage.create.bind(storage);
      storage.create = async (folder, given) => {
        const store: RunStore = await create(folder, given);
        store.save = writes.counted(store.save.bind(store));
        store.removeFolder = writes.counted(store.removeFolder.bind(store));
        return store as never;
      };
      return session;
    };
    const whole = fragile();
    const report = await executeRun(whole);
    const all = writes.count;
    t.true(all > 12);
    for (let last = 1; last < all; last += fade === 'gate' ? 1 : 3) {
      const killed = fragile();
      writes.start(last);
      await t.throwsAsync(executeRun(killed), { message: 'killed' });
      writes.start();
      t.deepEqual(timeless(await resumeRun(killed)), timeless(report), `after write ${last}`);
      t.deepEqual(written(killed), written(whole), `after write ${last}`);
      t.false(
        [...killed.format.models.keys()].some(folder => folder.includes(shrunk)),
        `after write ${last}`,
      );
    }
  });
