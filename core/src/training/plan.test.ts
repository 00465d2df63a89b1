import test from 'ava';
import { tinyConfig } from '../testing/tiny-session.js';
import { trainingPlan } from './plan.js';

test('tokens become whole steps, at least one', t => {
  const plan = trainingPlan(tinyConfig({ train: { tokens: 150, batch: 2, sequence: 6 } }));
  t.is(plan.tokensPerStep, 12);
  t.is(plan.steps, 13);
  t.is(trainingPlan(tinyConfig({ train: { tokens: 1 } })).steps, 1);
});

test('the learning rate reaches its peak after the warm-up', t => {
  const { learningRate, steps } = trainingPlan(
    tinyConfig({ train: { tokens: 1200, learningRate: 0.5, warmup: 0.1 } }),
  );
  t.is(steps, 100);
  t.is(learningRate(9), 0.5);
  t.true(learningRate(4) < 0.5 && learningRate(60) < 0.5);
});
