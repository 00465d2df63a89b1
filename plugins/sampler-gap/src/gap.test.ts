import { Sampler, type SourceState } from '@secateur/core';
import { providedBy } from '@secateur/core/testing';
import test from 'ava';
import { gapWeights } from './gap.js';
import samplerGap from './index.js';

const states = (...gaps: number[]): SourceState[] =>
  gaps.map((gap, i) => ({ name: `${i}`, denseLoss: 2, loss: 2 + gap }));
const close = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((x, i) => Math.abs(x - b[i]!) < 1e-12);

test('shares are what was lost, and an even part', t => {
  t.true(close(gapWeights(states(3, 1), 0.2), [0.8 * 0.75 + 0.1, 0.8 * 0.25 + 0.1]));
  t.true(close(gapWeights(states(3, 1), 0), [0.75, 0.25]));
  t.true(close(gapWeights(states(3, 1), 1), [0.5, 0.5]));
});

test('a source that gained is a source that lost nothing', t => {
  t.true(close(gapWeights(states(1, -5), 0.3), [0.7 + 0.15, 0.15]));
});

test('where nothing was lost, shares are equal', t => {
  t.true(close(gapWeights(states(0, -1, 0), 0.3), [1 / 3, 1 / 3, 1 / 3]));
});

test('shares sum to 1', t => {
  for (const balance of [0, 0.3, 0.77, 1]) {
    const weights = gapWeights(states(0.31, 0.002, 1.7, 0), balance);
    t.true(close([weights.reduce((sum, weight) => sum + weight, 0)], [1]));
    t.true(weights.every(weight => weight >= balance / 4));
  }
});

test('the plugin takes a balance of 0.3 unless told otherwise', t => {
  const sampler = (options?: { balance?: number }): Sampler =>
    providedBy(samplerGap(options), Sampler, 'gap');
  t.true(close(sampler().weights(states(1, 0)), [0.85, 0.15]));
  t.true(close(sampler({ balance: 1 }).weights(states(1, 0)), [0.5, 0.5]));
  t.throws(() => samplerGap({ balance: 2 }), { code: 'E_PLUGIN_OPTIONS' } as never);
});
