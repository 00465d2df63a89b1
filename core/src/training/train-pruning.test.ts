import test from 'ava';
import type { LossPoint } from '../ports/prune-optimizer.js';
import { tinyContext, tinySession } from '../testing/tiny-session.js';
import { trainingPlan } from './plan.js';
import { trainPruning } from './train-pruning.js';

/** What happens in steps 1 to 4 of 4, with a checkpoint after each second. */
const prepared = (controller = new AbortController()) => {
  const session = tinySession({ checkpoint: { steps: 2 } });
  const run = tinyContext(session, controller.signal);
  const log: unknown[] = [];
  session.hooks.beforeStep.tap('test', step => void log.push(['beforeStep', step]));
  session.hooks.afterStep.tap('test', step => void log.push(['afterStep', step]));
  const losses: LossPoint[] = [{ step: 0, loss: 9 }];
  const train = () =>
    trainPruning({
      run,
      start: 1,
      steps: 4,
      losses,
      before: async step => void log.push(['before', step]),
      async step(step, learningRate) {
        log.push(['step', step, learningRate]);
        return 10 - step;
      },
      after: async step => void log.push(['after', step]),
      save: async done => void log.push(['save', done, losses.length]),
    });
  return { session, log, losses, train, rate: trainingPlan(run.config).learningRate };
};

test('every step is told and done in order, and every second one is saved', async t => {
  const { log, losses, train, rate } = prepared();
  await train();
  const of = (step: number) => {
    const told = { stage: 'prune', step: step + 1, steps: 4, learningRate: rate(step) };
    return [
      ['before', step],
      ['beforeStep', told],
      ['step', step, rate(step)],
      ['afterStep', { ...told, loss: 10 - step }],
      ['after', step],
    ];
  };
  t.deepEqual(log, [...of(1), ['save', 2, 2], ...of(2), ...of(3), ['save', 4, 4]]);
  t.deepEqual(
    losses.map(({ step, loss }) => [step, loss]),
    [
      [0, 9],
      [1, 9],
      [2, 8],
      [3, 7],
    ],
  );
});

test('an abort ends the step, saves, and throws its reason', async t => {
  const controller = new AbortController();
  const { session, log, train } = prepared(controller);
  session.hooks.afterStep.tap('stop', ({ step }) => {
    if (step === 3) controller.abort(new Error('enough'));
  });
  await t.throwsAsync(train(), { message: 'enough' });
  t.deepEqual(log.slice(-2), [
    ['after', 2],
    ['save', 3, 3],
  ]);
});
