import { executeRun, resumeRun } from '@secateur/core';
import { runKilled, runStopped, timeless, writtenModel } from '@secateur/core/testing';
import test from 'ava';
import { mixedText, recoverySession } from './recovery-session.test.data.js';

/** 12 steps: 5 + 4 on texts, then 2 + 1 on instructions; a checkpoint after each fifth. */
const prepared = () => recoverySession({ rounds: 2, instructions: 0.25 }, { text: mixedText });

const whole = prepared();
const report = await executeRun(whole.session);

test('the whole run has rounds of several steps in two stages', t => {
  t.deepEqual(
    report.training.rounds.map(({ tokens }) => tokens / 12),
    [5, 9, 11, 12],
  );
});

for (const [at, where] of [
  [3, 'in the first round'],
  [5, 'at the end of a round, at a checkpoint'],
  [9, 'at the end of the first stage'],
  [10, 'in the second stage'],
  [11, 'at the end of a round of the second stage'],
  [12, 'after all training'],
] as const)
  test(`stopped after step ${at}, ${where}, it goes on to the same bytes`, async t => {
    const { session, watched } = prepared();
    await t.throwsAsync(runStopped(session, at), { message: 'enough' });
    const store = await session.storage.reopen('run');
    t.is(store.saves.at(-1), 'recover.partial');
    t.deepEqual(timeless(await resumeRun(session)), timeless(report));
    t.deepEqual(writtenModel(session), writtenModel(whole.session));
    t.is(await store.load('recover.partial'), undefined);
    // Nothing is done twice, and nobody is told twice.
    t.deepEqual(watched.steps, whole.watched.steps);
    t.deepEqual(watched.reads, whole.watched.reads);
    t.deepEqual(watched.asked, whole.watched.asked);
    t.deepEqual(watched.rounds, whole.watched.rounds);
  });

test('killed between two checkpoints, it goes on from the last one to the same bytes', async t => {
  for (const [at, next] of [
    [4, 1],
    [8, 6],
    [12, 11],
  ] as const) {
    const { session, watched } = prepared();
    await t.throwsAsync(runKilled(session, at), { message: 'killed' });
    watched.steps.length = 0;
    t.deepEqual(timeless(await resumeRun(session)), timeless(report));
    t.is(watched.steps[0]!.step, next);
    t.deepEqual(writtenModel(session), writtenModel(whole.session));
  }
});

test('killed between two rounds, it goes on to the same bytes', async t => {
  const { session } = prepared();
  let kill = true;
  session.hooks.beforeRound.tap('kill', ({ round }) => {
    if (kill && round === 2) throw new Error('killed');
  });
  await t.throwsAsync(executeRun(session), { message: 'killed' });
  kill = false;
  t.deepEqual(timeless(await resumeRun(session)), timeless(report));
  t.deepEqual(writtenModel(session), writtenModel(whole.session));
});

test('with packed instructions and steps of several runs it goes on to the same bytes, which are nearly those of whole steps', async t => {
  const parted = (microBatch: number) =>
    recoverySession(
      { rounds: 2, instructions: 0.25 },
      {
        text: mixedText,
        train: { sequence: 16, batch: 4, microBatch, tokens: 12 * 64 },
        evaluate: { chunk: 17, tokens: 48 },
      },
    );
  const once = parted(1);
  const report = await executeRun(once.session);
  t.true(once.watched.task!.batches.shape.documents);
  const { training } = await executeRun(parted(4).session);
  for (const [i, { loss }] of training.losses.recovery.entries())
    t.true(Math.abs(loss - report.training.losses.recovery[i]!.loss) < 1e-6);
  for (const at of [3, 11]) {
    const { session } = parted(1);
    await t.throwsAsync(runStopped(session, at), { message: 'enough' });
    t.deepEqual(timeless(await resumeRun(session)), timeless(report));
    t.deepEqual(writtenModel(session), writtenModel(once.session));
  }
});

test('a run that ended a stage early goes on to the same bytes', async t => {
  const early = () =>
    recoverySession(
      { rounds: 4, instructions: 0.5, patience: 1, tolerance: 0.99 },
      { text: mixedText, checkpoint: { steps: 100 } },
    );
  const once = early();
  const complete = await executeRun(once.session);
  t.is(complete.training.rounds.length, 4);
  const { session, watched } = early();
  await t.throwsAsync(runStopped(session, 6), { message: 'enough' }); // the second stage began at 4
  t.deepEqual(timeless(await resumeRun(session)), timeless(complete));
  t.deepEqual(writtenModel(session), writtenModel(once.session));
  t.deepEqual(watched.steps, once.watched.steps);
});
