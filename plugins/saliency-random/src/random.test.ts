import { collectSignals, createRng, SaliencyScorer, type Signals, wholePasses } from '@secateur/core';
import { InterpreterEngine, openTinyModel, providedBy } from '@secateur/core/testing';
import test from 'ava';
import saliencyRandom from './index.js';
import { uniformScores } from './random.js';

const model = await openTinyModel();
const groups = model.groups.filter(({ kind }) => kind === 'channel' || kind === 'kv-head');
const scorer = providedBy(saliencyRandom(), SaliencyScorer, 'random');

const signalsOf = (seed: number, of = groups): Promise<Signals> =>
  collectSignals({
    passes: wholePasses(new InterpreterEngine(ref => model.source.format.read(ref))),
    model,
    groups: of,
    needs: new Set(scorer.needs),
    sequences: [],
    batch: 1,
    rng: createRng(seed),
  });

test('scores are uniform in [0, 1)', t => {
  const scores = uniformScores(createRng(7), 20_000);
  t.true(scores.every(score => score >= 0 && score < 1));
  const moment = (power: number): number =>
    scores.reduce((sum, score) => sum + score ** power, 0) / scores.length;
  // Four standard errors of the first and second moment.
  t.true(Math.abs(moment(1) - 1 / 2) < 4 * Math.sqrt(1 / 12 / scores.length));
  t.true(Math.abs(moment(2) - 1 / 3) < 4 * Math.sqrt(4 / 45 / scores.length));
});

test('they are a function of the seed and of the group alone', async t => {
  const [signals, again, other] = [
    await signalsOf(1),
    await signalsOf(1, groups.slice(1)),
    await signalsOf(2),
  ];
  const seen = new Set<string>();
  for (const group of groups) {
    const scores = await scorer.score(group, signals);
    t.is(scores.length, group.units);
    t.deepEqual(await scorer.score(group, signals), scores);
    t.deepEqual(await scorer.score(group, again), scores);
    t.notDeepEqual(await scorer.score(group, other), scores);
    seen.add([...scores].join());
  }
  t.is(seen.size, groups.length);
});
