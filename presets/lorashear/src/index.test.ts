import { executeRun, type Report } from '@secateur/core';
import { presetSession } from '@secateur/core/testing';
import test from 'ava';
import lorashear from './index.js';

type Options = Parameters<typeof lorashear>[0];

const run = async (options?: Options): Promise<Report> => executeRun(await presetSession(lorashear(options)));

test('it is gate gradients, ablation, LHSPG and a recovery of what was lost most', async t => {
  const { config, preset } = await presetSession(lorashear());
  t.is(preset, 'lorashear');
  t.deepEqual(config.use, {
    tracer: 'tiny', // not the preset's: it names none
    allocation: 'none',
    objective: 'none',
    repair: 'none',
    saliency: 'taylor',
    knowledge: 'ablation',
    optimizer: 'lhspg',
    sampler: 'gap',
    recovery: 'lora',
  });
  t.deepEqual([config.prune.ratio, config.prune.ranking], [0.2, 'kind']);
});

test('other parts are one word away', async t => {
  const { registry } = await presetSession(lorashear());
  const names = (wanted: string): string =>
    registry
      .filter(({ port }) => port === wanted)
      .map(({ name }) => name)
      .sort()
      .join(' ');
  t.is(names('saliency'), 'lora magnitude taylor wanda');
  t.is(names('optimizer'), 'lhspg oneshot');
  t.is(names('sampler'), 'gap uniform');
  t.is(names('tracer'), 'llama tiny');
});

test('by default it prunes in four short periods, and recovers in four rounds', async t => {
  const { removed, training, knowledge } = await run();
  t.true(Math.abs(removed.blocks - 0.2) < 0.02);
  t.deepEqual(training.tokens, { pruning: 48, recovery: 96 });
  t.is(training.rounds.length, 4);
  t.is(knowledge.filter(row => row.protected).length, 1);
});

test('ratio, protect, lhspg and recovery arrive', async t => {
  const session = await presetSession(
    lorashear({
      ratio: 0.1,
      protect: 0.5,
      lhspg: { periods: 2, share: 0.5, fade: 'rows' },
      recovery: { rounds: 2 },
    }),
  );
  const periods: unknown[] = [];
  session.hooks.afterPeriod.tap('test', ({ period }) => void periods.push(period));
  const { removed, training, knowledge } = await executeRun(session);
  t.true(Math.abs(removed.blocks - 0.1) < 0.02);
  t.is(knowledge.filter(row => row.protected).length, 2);
  t.deepEqual(periods, [1, 2]);
  t.deepEqual(training.tokens, { pruning: 72, recovery: 72 });
  t.is(training.rounds.length, 2);
});

test('a ratio that is none, and options that are not known, are refused', async t => {
  await t.throwsAsync(presetSession(lorashear({ ratio: 1 })), { code: 'E_RATIO' } as never);
  for (const wrong of [
    { ration: 0.3 },
    { ratio: '0.3' },
    { protect: 1 },
    { lhspg: { period: 2 } },
    { recovery: { round: 2 } },
    { recovery: true },
  ])
    t.throws(() => lorashear(wrong as never), { code: 'E_PLUGIN_OPTIONS' } as never, JSON.stringify(wrong));
});
