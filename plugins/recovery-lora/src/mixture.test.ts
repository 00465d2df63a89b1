import { executeRun } from '@secateur/core';
import test from 'ava';
import { mixedText, recoverySession, tuningLosses } from './recovery-session.test.data.js';

const count = (reads: readonly (readonly [string, number])[], source: string): number =>
  reads.filter(([name]) => name === source).length;

test('the sampler is asked each round, with dense and current losses of the same sequences', async t => {
  const { session, watched } = recoverySession({ rounds: 3 });
  const { training } = await executeRun(session);
  const { task, asked } = watched;
  const dense = await tuningLosses(task!, task!.dense);
  const cut = await tuningLosses(task!, task!.model);
  const current = [cut, ...training.rounds.map(({ losses }) => losses)];
  t.deepEqual(
    asked,
    [0, 1, 2].map(round =>
      ['hills', 'waves'].map(name => ({
        name,
        loss: current[round]![name]!,
        denseLoss: dense[name]!,
        ...(round === 0 ? {} : { share: 0.5 }),
      })),
    ),
  );
  t.true(asked[0]!.every(({ loss, denseLoss }) => loss !== denseLoss));
});

test('a model that is whole has lost nothing in the first round', async t => {
  const { session, watched } = recoverySession({ rounds: 2 }, {}, { whole: true });
  await executeRun(session);
  const [first, second] = watched.asked;
  t.is(first!.length, 2);
  t.true(first!.every(({ loss, denseLoss }) => loss === denseLoss));
  t.true(second!.every(({ loss, denseLoss }) => loss !== denseLoss));
});

test('each source is read in its shares, on from where the last round left it', async t => {
  const { session, watched } = recoverySession({ rounds: 3 });
  session.hooks.mixture.tap('test', () => [0.7, 0.3]);
  await executeRun(session);
  const { reads } = watched;
  t.is(reads.length, 24);
  const rounds = [0, 8, 16].map(from => reads.slice(from, from + 8));
  for (const round of rounds) t.is(count(round, 'hills'), 6); // 5.6 of 8
  const orders = rounds.map(round => round.map(([source]) => source).join());
  t.is(new Set(orders).size, 3, 'each round has an order of its own');
  for (const name of ['hills', 'waves'])
    t.deepEqual(
      reads.filter(([source]) => source === name).map(([, n]) => n),
      Array.from({ length: count(reads, name) }, (_, n) => n),
    );
});

test('a listener of `mixture` can override what the sampler says', async t => {
  const { session, watched } = recoverySession({ rounds: 2 });
  const given: unknown[] = [];
  session.hooks.mixture.tap('test', (weights, { sources }) => {
    given.push([weights, sources]);
    return given.length === 1 ? [0, 1] : weights;
  });
  const { training } = await executeRun(session);
  t.deepEqual(
    given,
    watched.asked.map(states => [[0.5, 0.5], states]),
  );
  t.deepEqual(
    training.rounds.map(({ weights }) => weights),
    [
      { hills: 0, waves: 1 },
      { hills: 0.5, waves: 0.5 },
    ],
  );
  t.is(count(watched.reads.slice(0, 12), 'hills'), 0);
  t.is(count(watched.reads.slice(12), 'hills'), 6);
});

const sharesAsked = (asked: readonly (readonly { readonly share?: number }[])[]) =>
  asked.map(sources => sources.map(({ share }) => share));

test('the sampler is told what each source had of the former round, whoever decided it', async t => {
  const { session, watched } = recoverySession({ rounds: 3 });
  let round = 0;
  session.hooks.mixture.tap(
    'test',
    () =>
      [
        [0.75, 0.25],
        [1, 0],
        [0.5, 0.5],
      ][round++]!,
  );
  await executeRun(session);
  t.deepEqual(sharesAsked(watched.asked), [
    [undefined, undefined],
    [0.75, 0.25],
    [1, 0],
  ]);
  t.false('share' in watched.asked[0]![0]!);
});

test('former shares are of the sources that are asked about together, in the stage', async t => {
  for (const replay of [0.25, 0]) {
    const { session, watched } = recoverySession(
      { rounds: 2, instructions: 0.5, replay },
      { text: mixedText },
    );
    session.hooks.mixture.tap('test', weights => (weights.length === 2 ? [0.75, 0.25] : weights));
    await executeRun(session);
    // Two rounds on texts, then two on instructions with a replay of texts, asked about apart.
    t.deepEqual(sharesAsked(watched.asked), [
      [undefined, undefined],
      [0.75, 0.25],
      [undefined, undefined],
      [undefined],
      replay > 0 ? [0.75, 0.25] : [undefined, undefined],
      [1],
    ]);
  }
});
