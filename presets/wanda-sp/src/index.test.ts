import { executeRun, type Report } from '@secateur/core';
import { presetSession } from '@secateur/core/testing';
import test from 'ava';
import wandaSp from './index.js';

type Options = Parameters<typeof wandaSp>[0];

const run = async (options?: Options): Promise<Report> => executeRun(await presetSession(wandaSp(options)));
const use = async (options?: Options) => (await presetSession(wandaSp(options))).config.use;

test('it scores and cuts once, alike in every layer, and trains nothing', async t => {
  const { config, preset } = await presetSession(wandaSp());
  t.is(preset, 'wanda-sp');
  t.deepEqual(config.use, {
    tracer: 'tiny', // not the preset's: it names none
    saliency: 'wanda',
    knowledge: 'none',
    optimizer: 'oneshot',
    sampler: 'uniform',
    recovery: 'none',
  });
  t.deepEqual([config.prune.ratio, config.prune.ranking], [0.2, 'uniform']);
  const { removed, training, knowledge } = await run();
  t.true(Math.abs(removed.blocks - 0.2) <= 24 / 1088); // half a channel in each of two layers
  t.deepEqual(training.tokens, { pruning: 0, recovery: 0 });
  t.deepEqual(knowledge, []);
});

test('it recovers when told to, with all training tokens', async t => {
  const { training } = await run({ recovery: true });
  t.deepEqual(training.tokens, { pruning: 0, recovery: 144 });
  t.is(training.rounds.length, 4);
  t.is((await use({ recovery: {} })).recovery, 'lora');
  t.is((await use({ recovery: false })).recovery, 'none');
});

test('ratio, protect and the options of the recovery arrive', async t => {
  const options: Options = { ratio: 0.1, protect: 0.5, recovery: { rounds: 2 } };
  const { removed, training, knowledge } = await run(options);
  t.true(Math.abs(removed.blocks - 0.1) < 0.02);
  t.is(knowledge.filter(row => row.protected).length, 2);
  t.is(training.rounds.length, 2);
});

test('a ratio that is none, and options that are not known, are refused', async t => {
  await t.throwsAsync(presetSession(wandaSp({ ratio: 0 })), { code: 'E_RATIO' } as never);
  for (const wrong of [
    { ration: 0.3 },
    { ratio: '0.3' },
    { protect: 1 },
    { recovery: 'lora' },
    { recovery: { round: 2 } },
    { lhspg: {} },
  ])
    t.throws(() => wandaSp(wrong as never), { code: 'E_PLUGIN_OPTIONS' } as never, JSON.stringify(wrong));
});
