import type { Report } from '@secateur/core';
import test from 'ava';
import { handMade } from './cell.test.data.js';
import { cellOf, tuningLossOf } from './cell-of-report.js';

const round = (
  stage: 'pretraining' | 'instruction',
  sea: number,
  hills: number,
  names = ['sea', 'hills'],
) => ({
  stage,
  round: 0,
  weights: Object.fromEntries(names.map(name => [name, 1 / names.length])),
  losses: { sea, hills },
  tokens: 0,
});

test('the tuning loss is that of the best round of the last stage, over the sources it read', t => {
  t.is(tuningLossOf([]), null);
  t.is(
    tuningLossOf([round('pretraining', 2, 4), round('pretraining', 1, 4), round('pretraining', 3, 4)]),
    2.5,
  );
  t.is(tuningLossOf([round('pretraining', 1, 1), round('instruction', 2, 4)]), 3);
  t.is(tuningLossOf([round('pretraining', 2, 100, ['sea'])]), 2);
});

test('times are sums of stages, those of training only where something was trained; peaks are the largest', t => {
  const { parameters, flops, perplexity, layers, inputs, versions, engine, speed } = handMade();
  const stage = (name: string, seconds: number) => ({ name, seconds, peakBytes: 1000 * seconds });
  const report = (pruning: number, recovery: number): Report =>
    ({
      parameters,
      flops,
      perplexity,
      tasks: {},
      layers,
      inputs,
      versions,
      engine,
      stages: [stage('load', 1), stage('prune', 2), stage('recover', 4)],
      training: { tokens: { pruning, recovery }, rounds: [] },
      class: 'structured',
    }) as unknown as Report;
  const config = {
    prune: { of: 'model' },
    train: { learningRate: 0.1, batch: 4, sequence: 8 },
  } as unknown as Parameters<typeof cellOf>[2];
  const name = { preset: 'a', ratio: 0.2, seed: 1, rate: null };
  const observed = { speed, resumed: true, peakBytes: 3000 };
  const times = (pruning: number, recovery: number) =>
    cellOf(name, report(pruning, recovery), config, observed).seconds;
  t.deepEqual(times(0, 0), { run: 7, training: 0 });
  t.deepEqual(times(0, 9), { run: 7, training: 4 });
  t.deepEqual(times(9, 9), { run: 7, training: 6 });
  t.like(cellOf(name, report(0, 9), config, observed), {
    preset: 'a',
    class: 'structured',
    of: 'model',
    stepTokens: 32,
    peakBytes: 4000,
    resumed: true,
    tuningLoss: null,
  });
  const sparse = { ...report(0, 9), class: 'unstructured' } as Report;
  t.is(cellOf(name, sparse, config, observed).class, 'unstructured');
  t.false('tasks' in cellOf(name, sparse, config, observed), 'cells from before tasks stay what they were');
  const asked = { ...sparse, tasks: { boolq: 'scores' } } as unknown as Report;
  t.deepEqual(cellOf(name, asked, config, observed).tasks, asked.tasks);
});
