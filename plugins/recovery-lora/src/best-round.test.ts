import { executeRun, resumeRun } from '@secateur/core';
import test from 'ava';
import {
  mean,
  mixedText,
  recoverySession,
  trainedModel,
  tuningLosses,
} from './recovery-session.test.data.js';

const model = await trainedModel();

/** At this rate the loss rises again. */
const overshooting = () => recoverySession({ rounds: 8 }, { train: { tokens: 24 * 12, learningRate: 0.3 } });

test('the best round is kept, wherever it stands and wherever the run was stopped', async t => {
  const { session, watched } = overshooting();
  const { training } = await executeRun(session);
  const losses = training.rounds.map(round => mean(round.losses));
  const best = losses.indexOf(Math.min(...losses));
  t.true(best > 0 && best < 6, losses.join());
  t.is(mean(await tuningLosses(watched.task!, watched.outcome!.model)), losses[best]!);

  const stopped = overshooting();
  const controller = new AbortController();
  stopped.session.hooks.afterStep.tap('stop', ({ step }) => {
    if (step === 22) controller.abort(new Error('enough'));
  });
  await t.throwsAsync(executeRun(stopped.session, { signal: controller.signal }), { message: 'enough' });
  await resumeRun(stopped.session);
  t.deepEqual(stopped.watched.outcome!.model.lora, watched.outcome!.model.lora);
});

test('where training makes all worse, the cut model stays as it was', async t => {
  const spoiling = { train: { learningRate: 1000 } };
  const { session, watched } = recoverySession({}, spoiling, { model });
  const { training, perplexity } = await executeRun(session);
  const cut = mean(watched.rounds[0]![1].losses);
  t.true(training.rounds.every(round => mean(round.losses) > cut));
  t.deepEqual(watched.outcome!.model.lora, watched.task!.model.lora);
  for (const { pruned, recovered } of Object.values(perplexity)) t.is(recovered, pruned);
});

test('a model that ends in no number is not better than the cut one', async t => {
  // One step throws the adapter out of float32.
  const { session, watched } = recoverySession({}, { train: { tokens: 12, learningRate: 1e39 } });
  const { training } = await executeRun(session);
  t.true(Number.isNaN(mean(training.rounds[0]!.losses)));
  t.deepEqual(watched.outcome!.model.lora, watched.task!.model.lora);
});

test('the second stage begins with the best of the first', async t => {
  // The first stage makes all worse, so its best is the cut model.
  const spoiling = { text: mixedText, train: { learningRate: 1000 } };
  const { session, watched } = recoverySession({ rounds: 2, instructions: 1 / 3 }, spoiling, { model });
  await executeRun(session);
  const cut = await tuningLosses(watched.task!, watched.task!.model);
  t.deepEqual(watched.rounds[0]![1].losses, cut);
  t.notDeepEqual(watched.rounds[3]![1].losses, cut);
  t.deepEqual(watched.rounds[4]![1].losses, cut);
});

test('the second stage has a best of its own, though instructions lose more than texts', async t => {
  const settings = { text: mixedText, train: { tokens: 24 * 12 } };
  const { session, watched } = recoverySession({ rounds: 2, instructions: 0.5 }, settings);
  const { training } = await executeRun(session);
  const [, first, ...second] = training.rounds.map(({ losses }) => losses);
  const { asks: _, ...texts } = first!;
  const begin = watched.rounds[4]![1].losses;
  const best = second.toSorted((a, b) => mean(a) - mean(b))[0]!;
  t.true(mean(texts) < mean(best) && mean(best) < mean(begin));
  t.deepEqual(await tuningLosses(watched.task!, watched.outcome!.model), best);
});
