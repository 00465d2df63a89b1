import {
  type CompileOptions,
  Engine,
  executeRun,
  Objective,
  type Preset,
  PruneOptimizer,
  Recovery,
  type Report,
  RunStorage,
  resumeRun,
  type Token,
} from '@secateur/core';
import { flopsOf, type Graph } from '@secateur/core/graph';
import {
  fill,
  InterpreterEngine,
  presetSession,
  type TinySession,
  type TinySettings,
  tinySession,
  watchedEngine,
} from '@secateur/core/testing';
import distill, { distillation } from '@secateur/plugin-objective-distill';
import { Lhspg, type LhspgOptions, lhspgOptions } from '@secateur/plugin-optimizer-lhspg';
import { LoraRecovery, recoveryOptions } from '@secateur/plugin-recovery-lora';
import lorashear from '@secateur/preset-lorashear';
import test from 'ava';

const held = { validation: 0.3, tuning: 0.2 } as const;

/** 12 steps: 6 that prune in 3 periods, then 6 of recovery on texts and instructions. */
const settings: TinySettings = {
  text: { hills: { file: 'hills.txt', ...held }, asks: { file: 'asks.json', ...held } },
  prune: { ratio: 0.5 },
  checkpoint: { steps: 4 },
};
const model = { bias: true, layers: Array(2).fill({ kvHeads: 3, queries: 2, channels: 8 }) };
const NAME = 'objective-distill';
const fades = ['gate', 'rows', 'half-space'] as const;

interface Own extends Partial<LhspgOptions> {
  /** Share of the teacher. Default: none, plain cross-entropy. */
  readonly taught?: number;
}

const prepared = ({ taught, ...own }: Own = {}, set: TinySettings = settings) => {
  const lhspg = new Lhspg(lhspgOptions.parse({ periods: 3, share: 0.5, ...own }));
  const recovery = new LoraRecovery(recoveryOptions.parse({ rounds: 2, instructions: 0.3 }));
  const session = tinySession(
    set,
    [
      fill(PruneOptimizer, lhspg),
      fill(Recovery, recovery),
      ...(taught === undefined ? [] : [fill(Objective, distillation({ share: taught, always: false }))]),
    ],
    model,
  );
  return session;
};

/** LoRAShear, with the objective there to be named. */
const taughtShear = (share: number): Preset => {
  const preset = lorashear();
  return { ...preset, plugins: [...preset.plugins, distill({ share })] };
};

/** The session with another engine. */
const withEngine = (session: TinySession, engine: Engine): TinySession => ({
  ...session,
  active: <T>(port: Token<T>): T => (port.id === Engine.id ? (engine as T) : session.active(port)),
});

const timeless = ({ stages: _, ...report }: Report) => report;
const written = ({ format }: TinySession) => format.models.get('run/model');
const lossesOf = ({ training: { losses } }: Report): number[] =>
  [...losses.pruning, ...losses.recovery].map(({ loss }) => loss);

for (const fade of fades) {
  test(`${fade}: a run prunes and recovers towards the dense model, and is measured in cross-entropy`, async t => {
    const texts = { hills: { file: 'hills.txt', ...held }, waves: { file: 'waves.txt', ...held } };
    const plain = await executeRun(prepared({ fade }, { ...settings, text: texts }));
    const session = prepared({ fade, taught: 0.5 }, { ...settings, text: texts });
    const report = await executeRun(session);
    t.is(lossesOf(report).length, 12);
    for (const [source, { dense, pruned, recovered }] of Object.entries(report.perplexity)) {
      t.is(dense, plain.perplexity[source]!.dense);
      t.true(recovered < pruned, source);
    }
    t.true(report.check.maskedVsCompact < 1e-5);
    t.truthy(written(session));
    const [found, expected] = [lossesOf(report), lossesOf(plain)];
    for (const [i, loss] of found.entries()) t.not(loss, expected[i]!);
  });

  test(`${fade}: a teacher that counts for nothing changes nothing`, async t => {
    const [found, expected] = [
      lossesOf(await executeRun(prepared({ fade, taught: 1e-9 }))),
      lossesOf(await executeRun(prepared({ fade }))),
    ];
    for (const [i, loss] of found.entries()) t.true(Math.abs(loss - expected[i]!) < 1e-4, `step ${i}`);
  });

  test(`${fade}: the teacher stays dense while the student shrinks, and the run is the same`, async t => {
    const runs = await Promise.all(
      [true, false].map(async shrink => {
        const session = prepared({ fade, shrink, taught: 0.5 });
        const { format } = session;
        const interpreter = new InterpreterEngine(ref => format.read(ref));
        const graphs: Graph[] = [];
        const engine: Engine = {
          compile(graph, options) {
            if (options?.wrt?.some(name => name.includes('lora_'))) graphs.push(graph);
            return interpreter.compile(graph, options);
          },
          info: () => interpreter.info(),
          close: () => interpreter.close(),
        };
        const report = await executeRun(withEngine(session, engine));
        return { session, report, graphs };
      }),
    );
    const [shrunken, dense] = runs as [(typeof runs)[number], (typeof runs)[number]];
    t.deepEqual(timeless(dense.report), timeless(shrunken.report));
    t.deepEqual(written(dense.session), written(shrunken.session));
    const flops = shrunken.graphs.map(flopsOf);
    t.is(flops.length, 4); // three periods and the recovery
    for (const [i, now] of flops.entries()) if (i > 0) t.true(now < flops[i - 1]!);
    const teacher = ({ nodes, values }: Graph): string[] =>
      nodes.flatMap(({ path, outputs }) =>
        path.startsWith('teacher:') ? [`${path} ${values.get(outputs[0]!)!.shape}`] : [],
      );
    for (const graph of shrunken.graphs) t.deepEqual(teacher(graph), teacher(dense.graphs[0]!));
  });
}

const whole = prepared({ taught: 0.5 });
const report = await executeRun(whole);

for (const [at, where] of [
  [3, 'while it prunes a smaller model'],
  [8, 'while it recovers'],
] as const)
  test(`stopped after step ${at}, ${where}, it goes on to the same bytes`, async t => {
    const session = prepared({ taught: 0.5 });
    const controller = new AbortController();
    let steps = 0;
    session.hooks.afterStep.tap('stop', () => {
      if (++steps === at) controller.abort(new Error('enough'));
    });
    await t.throwsAsync(executeRun(session, { signal: controller.signal }), { message: 'enough' });
    t.deepEqual(timeless(await resumeRun(session)), timeless(report));
    t.deepEqual(written(session), written(whole));
  });

test('in steps of several runs, with packed documents, it learns what it learns in whole steps', async t => {
  const parted = (microBatch: number) =>
    prepared(
      { taught: 0.5 },
      {
        ...settings,
        train: { sequence: 16, batch: 4, microBatch, tokens: 12 * 64, packing: 'documents' },
        evaluate: { chunk: 17, tokens: 48 },
      },
    );
  const once = lossesOf(await executeRun(parted(4)));
  const often = lossesOf(await executeRun(parted(1)));
  t.is(once.length, 12);
  for (const [i, loss] of often.entries()) t.true(Math.abs(loss - once[i]!) < 1e-5, `step ${i}`);
});

test('with train.weights int8 the student reads 8 bits, the teacher what is stored', async t => {
  const session = prepared({ taught: 0.5 }, { ...settings, train: { weights: 'int8' } });
  const compiled: CompileOptions[] = [];
  await executeRun(withEngine(session, watchedEngine(session.active(Engine), compiled)));
  const quantised = compiled.flatMap(options => options.quantised ?? []);
  t.is(quantised.length, 4);
  for (const refs of quantised) {
    t.true(refs.size > 0);
    t.false([...refs.keys()].some(name => name.startsWith('teacher:')));
  }
});

test('it is at work where use names it', async t => {
  const run = async (use: Record<string, string>) => {
    const session = await presetSession(taughtShear(0.25), { use });
    const { plugins } = await executeRun(session);
    return { objective: session.optional(Objective), plugin: plugins.find(({ name }) => name === NAME) };
  };
  t.deepEqual(await run({}), { objective: undefined, plugin: undefined });
  const { objective, plugin } = await run({ objective: 'distill' });
  t.truthy(objective);
  t.deepEqual(plugin?.options, { share: 0.25, always: false });
});

test('a run does not go on with another objective', async t => {
  const use = { objective: 'distill' };
  const begun = await presetSession(taughtShear(0.25), { use });
  await executeRun(begun);
  const resumed = async (share: number, own: Record<string, string>) => {
    const session = await presetSession(taughtShear(share), { use: own });
    const active = <T>(port: Token<T>): T => (port.id === RunStorage.id ? begun : session).active(port);
    return resumeRun({ ...session, active });
  };
  await t.throwsAsync(resumed(0.5, use), {
    code: 'E_RESUME',
    message: /has changed since: option share of objective-distill$/,
  });
  await t.throwsAsync(resumed(0.25, {}), {
    code: 'E_RESUME',
    message:
      /has changed since: plugin objective-distill, option share of objective-distill, option always of objective-distill$/,
  });
});
