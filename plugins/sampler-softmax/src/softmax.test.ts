import { Sampler, type SourceState } from '@secateur/core';
import { providedBy } from '@secateur/core/testing';
import test from 'ava';
import samplerSoftmax from './index.js';
import { softmaxShares } from './softmax.js';

const states = (...gaps: number[]): SourceState[] =>
  gaps.map((gap, i) => ({ name: `${i}`, denseLoss: 2, loss: 2 + gap }));
const close = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((x, i) => Math.abs(x - b[i]!) < 1e-12);

test('shares are in proportion to exp(d / τ)', t => {
  for (const temperature of [0.1, 0.5, 2]) {
    const gaps = [0.31, 0.02, 0.17];
    const grown = gaps.map(gap => Math.exp(gap / temperature));
    const total = grown.reduce((sum, weight) => sum + weight, 0);
    t.true(
      close(
        softmaxShares(states(...gaps), temperature),
        grown.map(weight => weight / total),
      ),
    );
  }
});

test('a source that gained is a source that lost nothing', t => {
  t.true(close(softmaxShares(states(-3, 0, 0.5), 1), softmaxShares(states(0, 0, 0.5), 1)));
});

test('nothing overflows', t => {
  t.true(close(softmaxShares(states(5000, 0), 0.01), [1, 0]));
  t.true(close(softmaxShares(states(5000, 5000), 0.01), [0.5, 0.5]));
  t.deepEqual(softmaxShares([], 0.1), []);
});

test('the plugin takes a temperature of 0.2 nats unless told otherwise', t => {
  const sampler = (options?: { temperature?: number }): Sampler =>
    providedBy(samplerSoftmax(options), Sampler, 'softmax');
  const share = (ratio: number) => [ratio / (1 + ratio), 1 / (1 + ratio)];
  t.true(close(sampler().weights(states(0.2, 0)), share(Math.E)));
  t.true(close(sampler({ temperature: 1 }).weights(states(2, 0)), share(Math.E ** 2)));
  t.throws(() => samplerSoftmax({ temperature: 0 }), { code: 'E_PLUGIN_OPTIONS' } as never);
});
