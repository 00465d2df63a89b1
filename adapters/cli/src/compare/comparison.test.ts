import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SecateurError, systemClock } from '@secateur/core';
import test, { type ExecutionContext } from 'ava';
import { folderWith } from '../cli.test.data.js';
import type { Console } from '../console.js';
import { type CellName, folderOf } from './cell.js';
import { handMade } from './cell.test.data.js';
import type { CompareFlags } from './command-line.js';
import { compare } from './compare.js';
import type { CellRunner } from './comparison.js';
import type { CellTask } from './messages.js';
import type { CompareRecord } from './record.js';

const flags: CompareFlags = {
  presets: ['magnitude', 'lorashear'],
  ratio: [0.25],
  seeds: 2,
  out: 'out',
  resume: true,
};

/** A project, and runs that take no time: the least loss is at the rate 0.002, and 0.1 runs away. */
const prepare = async (t: ExecutionContext) => {
  const cwd = await folderWith(t, {
    'prune.config.json': '{ "model": "m", "seed": 7 }',
    'keep.ts': `import { definePreset } from '@secateur/core';
      export default definePreset('keep', () => ({ use: { optimizer: 'oneshot' } }));`,
    'sparse.ts': `import { definePlugin, definePreset, PruneOptimizer } from '@secateur/core';
      const zero = definePlugin('zero', api => api.provide(PruneOptimizer, 'zero', { removes: 'weights' }));
      export default definePreset('sparse', () => ({ plugins: [zero()], use: { optimizer: 'zero', recovery: 'lora' } }));`,
    'open.ts': `import { definePreset } from '@secateur/core';
      export default definePreset('open', () => ({}));`,
  });
  const tasks: CellTask[] = [];
  const runner: CellRunner = async task => {
    tasks.push(task);
    const { rate, preset } = task.name;
    if (rate === 0.1) throw new SecateurError('E_NUMERICS', 'the loss is NaN');
    const tuningLoss = rate === null ? 2 : 2 + Math.abs(rate - 0.002);
    const large = { before: 1000, after: 1000, blocks: { before: 800, after: 800 } };
    return handMade({ ...task.name, tuningLoss, ...(preset === 'keep' ? { parameters: large } : {}) });
  };
  let out = '';
  const console: Console = {
    out: part => {
      out += part;
    },
    err: () => {},
    cwd,
    clock: systemClock,
    signal: new AbortController().signal,
    live: false,
  };
  const run = async (own: Partial<CompareFlags> = {}): Promise<CompareRecord> => {
    tasks.length = 0;
    const all = { ...flags, ...own };
    await compare(all, console, runner);
    return JSON.parse(await readFile(join(cwd, all.out, 'compare.json'), 'utf8'));
  };
  return { cwd, tasks, run, printed: () => out };
};

const named = (names: readonly CellName[]) => names.map(folderOf);

test('cells are presets by ratios by seeds, each over the configuration', async t => {
  const { cwd, tasks, run } = await prepare(t);
  const { cells, settings } = await run();
  t.deepEqual(settings.seeds, [7, 8]);
  t.deepEqual(named(cells), [
    'magnitude-0.25-s7',
    'magnitude-0.25-s8',
    'lorashear-0.25-s7',
    'lorashear-0.25-s8',
  ]);
  t.is(tasks[0]!.file, join(cwd, 'prune.config.json'));
  t.deepEqual(tasks[3]!.flags, {
    presets: ['lorashear'],
    seed: 8,
    out: join(cwd, 'out/cells/lorashear-0.25-s8/run'),
    prune: { ratio: 0.25 },
    train: {},
  });
});

test('tasks are asked by every cell; other tasks make other cells', async t => {
  const { cwd, tasks, run } = await prepare(t);
  const data = { named: { boolq: 'boolq.jsonl' }, hub: true };
  const asked = { tasks: 'boolq,piqa', data, limit: 50, seeds: 1 };
  await run(asked);
  t.is(tasks.length, 2);
  for (const { flags } of tasks)
    t.deepEqual(flags.evaluate, {
      tasks: { boolq: join(cwd, 'boolq.jsonl'), piqa: 'hf:baber/piqa' },
      items: 50,
    });
  await run(asked);
  t.is(tasks.length, 0, 'all are kept');
  await t.throwsAsync(run({ ...asked, limit: 60 }), { code: 'E_RESUME', message: /evaluate\.items/ });
  await t.throwsAsync(run({ tasks: 'boolq', out: 'other' }), {
    code: 'E_USAGE',
    message: /the task "boolq" has no data/,
  });
});

test('with tokens to recover, every preset recovers with LoRA on so many', async t => {
  const { tasks, run } = await prepare(t);
  await run({ recoveryTokens: 2048, seeds: 1 });
  t.deepEqual(
    tasks.map(({ flags }) => [flags.use, flags.train]),
    [
      [{ recovery: 'lora' }, { tokens: 2048 }],
      [{ recovery: 'lora' }, { tokens: 2048 }],
    ],
  );
});

test('an engine is that of every cell, and another one makes other cells', async t => {
  const { tasks, run } = await prepare(t);
  const asked = { engine: 'tfjs', recoveryTokens: 2048, seeds: 1 };
  await run(asked);
  t.deepEqual(
    tasks.map(({ flags }) => flags.use),
    [
      { engine: 'tfjs', recovery: 'lora' },
      { engine: 'tfjs', recovery: 'lora' },
    ],
  );
  await t.throwsAsync(run({ ...asked, engine: 'onnxruntime' }), {
    code: 'E_RESUME',
    message: /use\.engine/,
  });
});

test('rates are tried with the first seed where there is training, and one that runs away is kept as such', async t => {
  const { tasks, run, printed } = await prepare(t);
  const rates = [0.001, 0.002, 0.1];
  const { rows, trials, cells } = await run({ rates });
  t.deepEqual(named(tasks.map(({ name }) => name)), [
    'magnitude-0.25-s7',
    'magnitude-0.25-s8',
    'lorashear-0.25-s7-r0.001',
    'lorashear-0.25-s7-r0.002',
    'lorashear-0.25-s7-r0.1',
    'lorashear-0.25-s8-r0.002',
  ]);
  t.is(rows[0]!.tuned, null, 'magnitude recovers nothing by itself');
  t.deepEqual(rows[1]!.tuned, {
    rate: 0.002,
    tried: { 0.001: 2.001, 0.002: 2, 0.1: null },
    atEdge: false,
  });
  t.is(trials.length, 2);
  t.deepEqual(named(cells.slice(2)), ['lorashear-0.25-s7-r0.002', 'lorashear-0.25-s8-r0.002']);
  t.is(tasks[5]!.flags.train?.learningRate, 0.002);
  t.regex(printed(), /^lorashear .* 0\.002$/m);
  await t.throwsAsync(run({ rates: [0.1], presets: ['lorashear'] }), { code: 'E_NUMERICS' });
});

test('a preset may have other tokens than the rest', async t => {
  const { tasks, run, printed } = await prepare(t);
  const tokens = { recoveryTokens: 9999, presetTokens: { lorashear: 2048 }, seeds: 1 };
  await t.throwsAsync(run(tokens), {
    code: 'E_NUMERICS',
    message: /NOT EQUAL in training tokens: magnitude, .* has 2,048, expected 9,999$/,
  });
  t.deepEqual(
    tasks.map(({ flags }) => flags.train),
    [{ tokens: 9999 }, { tokens: 2048 }],
  );
  t.regex(printed(), /^lorashear \(2,048 tokens\) +structured/m);
});

test('tokens for what is not compared, or not trained, are refused', async t => {
  const { tasks, run } = await prepare(t);
  const given = (name: string) => ({
    presets: ['magnitude', './sparse.ts'],
    recoveryTokens: 2048,
    presetTokens: { [name]: 1024 },
  });
  const wrong = await t.throwsAsync(run(given('magnitud')), {
    code: 'E_USAGE',
    message: '--recovery-tokens gives tokens to "magnitud", expected one of magnitude',
  });
  t.is((wrong as SecateurError).hint, 'Did you mean "magnitude"?');
  await t.throwsAsync(run(given('sparse')), { code: 'E_USAGE', message: /zeroes weights/ });
  t.is(tasks.length, 0);
});

test('what zeroes weights is neither recovered nor tuned', async t => {
  const { tasks, run } = await prepare(t);
  const { rows } = await run({
    presets: ['./sparse.ts', 'magnitude'],
    seeds: 1,
    recoveryTokens: 2048,
    rates: [0.001, 0.002],
  });
  t.deepEqual(
    tasks.map(({ name, flags }) => [folderOf(name), flags.use, flags.train]),
    [
      ['sparse-0.25-s7', { recovery: 'none' }, {}],
      ['magnitude-0.25-s7-r0.001', { recovery: 'lora' }, { tokens: 2048, learningRate: 0.001 }],
      ['magnitude-0.25-s7-r0.002', { recovery: 'lora' }, { tokens: 2048, learningRate: 0.002 }],
    ],
  );
  t.is(rows[0]!.tuned, null);
  await run({ presets: ['./sparse.ts'], seeds: 1, rates: [0.001], out: 'other' });
  t.deepEqual(tasks[0]!.flags.use, undefined, 'without tokens to recover it does as it says');
  t.is(tasks[0]!.name.rate, null);
});

test('a preset that names no optimizer is refused before anything is run', async t => {
  const { tasks, run } = await prepare(t);
  await t.throwsAsync(run({ presets: ['magnitude', './open.ts'] }), { code: 'E_UNKNOWN_PLUGIN' });
  t.is(tasks.length, 0);
});

test('a kept cell of other settings is E_RESUME, unless all is made anew', async t => {
  const { cwd, tasks, run } = await prepare(t);
  await run({ seeds: 1 });
  await run({ seeds: 1 });
  t.is(tasks.length, 0, 'nothing is run twice');
  await run({ seeds: 2 });
  t.deepEqual(named(tasks.map(({ name }) => name)), ['magnitude-0.25-s8', 'lorashear-0.25-s8']);
  const other = { recoveryTokens: 2048 };
  await t.throwsAsync(run(other), {
    code: 'E_RESUME',
    message:
      /^the cell magnitude, ratio 0\.25, seed 7 in \S+ was made with other settings: config\.use\.recovery, config\.train\.tokens(?:, plugins\.recovery-lora\.(?:rounds|patience|tolerance|instructions|replay|rank|tuning)){7}$/,
  });
  await run({ ...other, resume: false });
  t.is(tasks.length, 4);
  t.true(tasks.every(({ resume }) => !resume));
  t.deepEqual((await readdir(join(cwd, 'out/cells/magnitude-0.25-s7'))).sort(), [
    'cell.json',
    'settings.json',
  ]);
});

test('options count where their plugin is at work, and only there', async t => {
  const { cwd, run } = await prepare(t);
  const config = (alpha: number): Promise<void> =>
    writeFile(
      join(cwd, 'prune.config.ts'),
      `import { definePlugin, Sampler, SaliencyScorer } from '@secateur/core';
       const idle = definePlugin('idle', api => api.provide(Sampler, 'idle', {}));
       const busy = definePlugin('busy', api => api.provide(SaliencyScorer, 'busy', {}));
       export default {
         model: 'm', seed: 7, use: { saliency: 'busy' },
         plugins: [idle({ alpha: ${alpha} }), busy({ beta: ${Math.floor(alpha)} })],
       };`,
    );
  await rm(join(cwd, 'prune.config.json'));
  const own = { presets: ['magnitude'], seeds: 1 };
  await config(1);
  await run(own);
  await config(1.5);
  await run(own);
  await config(2);
  await t.throwsAsync(run(own), { code: 'E_RESUME', message: /other settings: plugins\.busy\.beta$/ });
});

test('unequal parameters are an error that names the cells, after all is written', async t => {
  const { cwd, run, printed } = await prepare(t);
  await t.throwsAsync(run({ presets: ['magnitude', './keep.ts'], seeds: 1 }), {
    code: 'E_NUMERICS',
    message:
      'the runs are not comparable: NOT EQUAL in remaining parameters: keep, ratio 0.25, seed 7 has 800, expected 600',
  });
  t.regex(printed(), /^keep +structured/m);
  const { unequal } = JSON.parse(await readFile(join(cwd, 'out/compare.json'), 'utf8')) as CompareRecord;
  t.deepEqual(unequal.parameters, [{ cell: 'keep, ratio 0.25, seed 7', expected: 600, found: 800 }]);
});

test('a preset that names no sampler gets one for its recovery', async t => {
  const { tasks, run } = await prepare(t);
  await t.throwsAsync(run({ presets: ['./keep.ts'], seeds: 1, recoveryTokens: 2048 }), {
    code: 'E_NUMERICS',
  });
  t.deepEqual(tasks[0]!.flags.use, { recovery: 'lora', sampler: 'uniform' });
  t.deepEqual(tasks[0]!.flags.presets, ['./keep.ts']);
});

test('unequal tokens are an error after all is written', async t => {
  const { cwd, run, printed } = await prepare(t);
  await t.throwsAsync(run({ recoveryTokens: 9999 }), {
    code: 'E_NUMERICS',
    message:
      /not comparable: NOT EQUAL in training tokens: magnitude, .* has 2,048, expected 9,999, and 3 more$/,
  });
  t.regex(printed(), /NOT EQUAL in training tokens: lorashear/);
  t.deepEqual((await readdir(join(cwd, 'out'))).sort(), ['cells', 'charts', 'compare.json', 'compare.md']);
});
