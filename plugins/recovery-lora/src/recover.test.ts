import { executeRun, Recovery, trainingPlan } from '@secateur/core';
import { providedBy } from '@secateur/core/testing';
import test from 'ava';
import recoveryLora, { LoraRecovery } from './index.js';
import { held, mean, recoverySession, tuningLosses } from './recovery-session.test.data.js';

const PER_STEP = 12;

/** 14 steps in 4 rounds. */
const { session, watched } = recoverySession({ rounds: 4 }, { train: { tokens: 14 * PER_STEP } });
let before: ReadonlyMap<string, Float32Array> = new Map();
session.hooks.beforeRound.tap('test', ({ round }) => {
  if (round === 1) before = structuredClone(watched.task!.model.lora.arrays);
});
const { training } = await executeRun(session);

test('all tokens that are left are spent, and rounds share them', t => {
  t.deepEqual(training.tokens, { pruning: 0, recovery: 14 * PER_STEP });
  t.deepEqual(
    training.rounds.map(({ stage, round, tokens }) => [stage, round, tokens / PER_STEP]),
    [
      ['pretraining', 0, 4],
      ['pretraining', 1, 8],
      ['pretraining', 2, 11],
      ['pretraining', 3, 14],
    ],
  );
  t.is(watched.steps.length, 14);
  t.is(watched.reads.length, 14 * 2);
});

test('the adapter that came in is not changed', t => {
  const { task, outcome } = watched;
  t.true(before.size > 0);
  t.deepEqual(task!.model.lora.arrays, before);
  t.notDeepEqual(outcome!.model.lora.arrays, before);
});

test('listeners are told of each round, from 1, with the losses at its beginning and end', async t => {
  const losses = [
    await tuningLosses(watched.task!, watched.task!.model),
    ...training.rounds.map(round => round.losses),
  ];
  t.deepEqual(
    watched.rounds,
    [1, 2, 3, 4].flatMap(round => [
      ['before', { round, losses: losses[round - 1]! }] as const,
      ['after', { round, losses: losses[round]! }] as const,
    ]),
  );
});

test('steps and learning rate go on where pruning stopped', async t => {
  const settings = { train: { tokens: 14 * PER_STEP } };
  const { session, watched } = recoverySession({ rounds: 2 }, settings, { spent: 4 * PER_STEP });
  const { training } = await executeRun(session);
  t.is(training.tokens.recovery, 10 * PER_STEP);
  const { learningRate } = trainingPlan(session.config);
  for (const [i, step] of watched.steps.entries()) {
    t.is(training.losses.recovery[i]!.step, 4 + i);
    t.is(step.learningRate, learningRate(4 + i));
  }
});

test('no step is left out where the tokens are no whole number of steps', async t => {
  const settings = { train: { tokens: 12.5 * PER_STEP } };
  const { session } = recoverySession({}, settings, { spent: 2 * PER_STEP });
  const { training } = await executeRun(session);
  t.deepEqual(
    training.losses.recovery.map(({ step }) => step),
    [2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
  );
});

test('what pruning has spent in full leaves nothing to recover with', async t => {
  const { session, watched } = recoverySession({}, {}, { spent: 144 - PER_STEP / 2 });
  const { training } = await executeRun(session);
  t.is(training.tokens.recovery, 0);
  t.deepEqual([training.rounds, watched.rounds, watched.asked], [[], [], []]);
});

test('training lowers the loss, in training and on the tuning split', async t => {
  const { session, watched } = recoverySession({}, { train: { tokens: 60 * PER_STEP } });
  const { training, perplexity } = await executeRun(session);
  const losses = training.losses.recovery.map(({ loss }) => loss);
  t.true(mean(losses.slice(-20)) < mean(losses.slice(0, 20)) - 0.1);
  const cut = mean(watched.rounds[0]![1].losses);
  t.true(training.rounds.every(round => mean(round.losses) < cut));
  t.true(perplexity.hills!.recovered < perplexity.hills!.pruned);
});

test('a stage ends early when nothing gets better for `patience` rounds', async t => {
  // No round can lower the loss by so much; the first is always progress.
  const { session, watched } = recoverySession({ rounds: 6, patience: 2, tolerance: 0.99 });
  const { training } = await executeRun(session);
  t.is(training.rounds.length, 3);
  t.is(training.tokens.recovery, 6 * PER_STEP);
  t.is(watched.steps.length, 6);
});

test('no more of the tuning split is measured than asked for', async t => {
  const text = { hills: { file: 'hills.txt', ...held } };
  const { session, watched } = recoverySession({ tuning: 1 }, { text });
  await executeRun(session);
  const { task, rounds } = watched;
  t.true(task!.sources[0]!.tuning.length > 1);
  t.deepEqual(rounds[0]![1].losses, await tuningLosses(task!, task!.model, 1));
  t.notDeepEqual(rounds[0]![1].losses, await tuningLosses(task!, task!.model, 2));
});

test('the plugin provides "lora" and checks its options', t => {
  t.true(providedBy(recoveryLora(), Recovery, 'lora') instanceof LoraRecovery);
  for (const wrong of [{ rounds: 0 }, { replay: 2 }, { patience: -1 }, { tuning: 0 }, { validation: 8 }])
    t.throws(
      () => recoveryLora(wrong as never),
      { code: 'E_PLUGIN_OPTIONS' } as never,
      JSON.stringify(wrong),
    );
});
