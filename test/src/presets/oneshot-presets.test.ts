import { executeRun, type Report } from '@secateur/core';
import { presetSession } from '@secateur/core/testing';
import magnitude from '@secateur/preset-magnitude';
import wandaSp from '@secateur/preset-wanda-sp';
import test from 'ava';

type Options = Parameters<typeof magnitude>[0];

/** The one-shot baselines are made alike: they differ in their score. */
for (const [name, preset, saliency] of [
  ['magnitude', magnitude, 'magnitude'],
  ['wanda-sp', wandaSp, 'wanda'],
] as const) {
  const run = async (options?: Options): Promise<Report> => executeRun(await presetSession(preset(options)));
  const use = async (options?: Options) => (await presetSession(preset(options))).config.use;

  test(`${name}: it scores and cuts once, alike in every layer, and trains nothing`, async t => {
    const { config, preset: lead } = await presetSession(preset());
    t.is(lead, name);
    t.deepEqual(config.use, {
      tracer: 'tiny', // not the preset's: it names none
      objective: 'none', // the default
      saliency,
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

  test(`${name}: it recovers when told to, with all training tokens`, async t => {
    const { training } = await run({ recovery: true });
    t.deepEqual(training.tokens, { pruning: 0, recovery: 144 });
    t.is(training.rounds.length, 4);
    t.is((await use({ recovery: {} })).recovery, 'lora');
    t.is((await use({ recovery: false })).recovery, 'none');
  });

  test(`${name}: ratio, protect and the options of the recovery arrive`, async t => {
    const options: Options = { ratio: 0.1, protect: 0.5, recovery: { rounds: 2 } };
    const { removed, training, knowledge } = await run(options);
    t.true(Math.abs(removed.blocks - 0.1) < 0.02);
    t.is(knowledge.filter(row => row.protected).length, 2);
    t.is(training.rounds.length, 2);
  });

  test(`${name}: a ratio that is none, and options that are not known, are refused`, async t => {
    await t.throwsAsync(presetSession(preset({ ratio: 0 })), { code: 'E_RATIO' } as never);
    for (const wrong of [
      { ration: 0.3 },
      { ratio: '0.3' },
      { protect: 1 },
      { recovery: 'lora' },
      { recovery: { round: 2 } },
      { lhspg: {} },
    ])
      t.throws(() => preset(wrong as never), { code: 'E_PLUGIN_OPTIONS' } as never, JSON.stringify(wrong));
  });
}
