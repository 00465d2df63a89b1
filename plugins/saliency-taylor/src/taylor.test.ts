import { SaliencyScorer, type SecateurError } from '@secateur/core';
import { openTinyModel, providedBy, sequenceOf, signalsOn } from '@secateur/core/testing';
import test from 'ava';
import saliencyTaylor from './index.js';
import { taylorScores } from './taylor.js';

/** Gradients of three units over four sequences, and their statistics. */
const gradients = [
  [1, -1, 2, -2],
  [0.5, 0.5, 0.5, 0.5],
  [-3, 0, 0, 0],
];
const statistics = (f: (g: number) => number): Float64Array =>
  Float64Array.from(gradients, row => row.reduce((sum, g) => sum + f(g), 0) / row.length);
const signal = {
  mean: statistics(g => g),
  meanAbsolute: statistics(Math.abs),
  meanSquare: statistics(g => g * g),
};

test('each form is its statistic', t => {
  t.deepEqual(taylorScores(signal, 'absolute'), Float32Array.of(1.5, 0.5, 0.75));
  t.deepEqual(taylorScores(signal, 'signed'), Float32Array.of(0, 0.5, 0.75));
  t.deepEqual(taylorScores(signal, 'fisher'), Float32Array.of(2.5, 0.25, 2.25));
  t.deepEqual(taylorScores(signal, 'second'), Float32Array.of(1.25, -0.375, 1.875));
});

const scorer = (options?: Parameters<typeof saliencyTaylor>[0]): SaliencyScorer =>
  providedBy(saliencyTaylor(options), SaliencyScorer, 'taylor');

const model = await openTinyModel();
const groups = model.groups.filter(({ kind }) => kind === 'channel');
const sequences = [sequenceOf(3, 4, 5, 6)];
const collect = (needs: SaliencyScorer['needs']) => signalsOn(model, groups, needs, sequences);

test('the plugin asks for gate gradients and scores by them', async t => {
  const fisher = scorer();
  t.deepEqual(fisher.needs, ['gateGradient']);
  const signals = await collect(fisher.needs);
  const scores = await fisher.score(groups[0]!, signals);
  t.deepEqual(scores, Float32Array.from(signals.gateGradient(groups[0]!).meanSquare));
  t.true(scores.every(score => score > 0));
  const signed = await scorer({ form: 'signed' }).score(groups[0]!, signals);
  // of one sequence, the square of the mean is the mean of the squares
  for (const [unit, score] of signed.entries()) t.true(Math.abs(score ** 2 / scores[unit]! - 1) < 1e-5);
});

test('without asking it is refused', async t => {
  const signals = await collect([]);
  const error = t.throws(() => scorer().score(groups[0]!, signals)) as unknown as SecateurError;
  t.is(error.code, 'E_SIGNAL_NOT_DECLARED');
});

test('a form that does not exist is refused', t => {
  t.throws(() => saliencyTaylor({ form: 'third' as 'second' }), { code: 'E_PLUGIN_OPTIONS' } as never);
});
