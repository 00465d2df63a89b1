import { executeRun, warmupCosine } from '@secateur/core';
import test from 'ava';
import { mixedText, recoverySession } from './recovery-session.test.data.js';

/** 12 steps: 8 on texts, then 4 on instructions. */
const options = { rounds: 2, instructions: 1 / 3, replay: 0.25 };
const settings = { text: mixedText };

const { session, watched } = recoverySession(options, settings);
const { training } = await executeRun(session);

test('texts are recovered first, then instructions, each in its rounds', t => {
  t.deepEqual(
    training.rounds.map(({ stage, round, tokens }) => [stage, round, tokens / 12]),
    [
      ['pretraining', 0, 4],
      ['pretraining', 1, 8],
      ['instruction', 0, 10],
      ['instruction', 1, 12],
    ],
  );
  t.deepEqual(
    watched.rounds.map(([when, { round }]) => `${when} ${round}`),
    ['before 1', 'after 1', 'before 2', 'after 2', 'before 1', 'after 1', 'before 2', 'after 2'],
  );
});

test('instructions wait for their stage, where text is replayed by its share', t => {
  t.deepEqual(
    training.rounds.map(({ weights }) => weights),
    [
      { hills: 0.5, waves: 0.5 },
      { hills: 0.5, waves: 0.5 },
      { hills: 0.125, waves: 0.125, asks: 0.75 },
      { hills: 0.125, waves: 0.125, asks: 0.75 },
    ],
  );
  const read = (from: number, to: number): string =>
    watched.reads
      .slice(from, to)
      .map(([source]) => source)
      .sort()
      .join(' ');
  t.is(read(0, 8), 'hills hills hills hills waves waves waves waves');
  t.is(read(16, 20), 'asks asks asks hills'); // of a half and a half, the first
  t.is(read(20, 24), 'asks asks asks hills');
});

test('the sampler divides texts and instructions each for themselves', t => {
  t.deepEqual(
    watched.asked.map(states => states.map(({ name }) => name).join()),
    ['hills,waves', 'hills,waves', 'hills,waves', 'asks', 'hills,waves', 'asks'],
  );
});

test('every source is measured in every round', t => {
  for (const { losses } of training.rounds) t.deepEqual(Object.keys(losses), ['hills', 'asks', 'waves']);
});

test('the instruction stage has a rise and a fall of its own, even where the first ended early', async t => {
  const early = { ...options, rounds: 4, patience: 1, tolerance: 0.99 };
  const { session, watched } = recoverySession(early, settings);
  const { training } = await executeRun(session);
  // Each stage stops after two of its four rounds: 4 of 8 steps, 2 of 4.
  t.is(training.tokens.recovery, 6 * 12);
  const { learningRate, warmup } = session.config.train;
  const first = warmupCosine(learningRate, 12, { warmup }); // that of the whole run
  const second = warmupCosine(learningRate, 4, { warmup });
  t.deepEqual(
    watched.steps.map(step => step.learningRate),
    [...[0, 1, 2, 3].map(first), ...[0, 1].map(second)],
  );
});

test('instructions alone are one stage, which goes on with the schedule of the pruning', async t => {
  const asks = { asks: mixedText.asks };
  const { session, watched } = recoverySession({ rounds: 2 }, { text: asks }, { spent: 3 * 12 });
  const { training } = await executeRun(session);
  t.deepEqual(
    training.rounds.map(({ stage, weights }) => [stage, weights]),
    [
      ['instruction', { asks: 1 }],
      ['instruction', { asks: 1 }],
    ],
  );
  const { learningRate, warmup } = session.config.train;
  const schedule = warmupCosine(learningRate, 12, { warmup });
  t.deepEqual(
    watched.steps.map(step => step.learningRate),
    [3, 4, 5, 6, 7, 8, 9, 10, 11].map(schedule),
  );
});
