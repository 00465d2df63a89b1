import { Sampler, type SourceState } from '@secateur/core';
import { providedBy } from '@secateur/core/testing';
import test from 'ava';
import samplerSheared from './index.js';
import { shearedShares } from './shares.js';

const state = (gap: number, share?: number): SourceState => ({
  name: `${gap}`,
  denseLoss: 2,
  loss: 2 + gap,
  ...(share === undefined ? {} : { share }),
});
const close = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((x, i) => Math.abs(x - b[i]!) < 1e-12);

/** The definition, in so many words. */
const expected = (gaps: readonly number[], former: readonly number[], c: number): number[] => {
  const grown = gaps.map((gap, i) => former[i]! * Math.exp(Math.max(gap, 0)));
  const total = grown.reduce((sum, weight) => sum + weight, 0);
  return grown.map(weight => (1 - c) * (weight / total) + c / gaps.length);
};

test('the first round begins with equal shares', t => {
  t.true(close(shearedShares([state(0.7), state(0.2)], 1e-4), expected([0.7, 0.2], [0.5, 0.5], 1e-4)));
});

test('shares grow from those of the former round', t => {
  const [gaps, former] = [
    [0.7, -0.3, 0.2],
    [0.2, 0.5, 0.3],
  ];
  for (const c of [0, 1e-4, 0.3, 1])
    t.true(
      close(
        shearedShares(
          gaps.map((gap, i) => state(gap, former[i]!)),
          c,
        ),
        expected(gaps, former, c),
      ),
    );
});

test('gaps add up over rounds', t => {
  let shares = [0.5, 0.5];
  for (let round = 0; round < 5; round++)
    shares = shearedShares([state(0.3, shares[0]!), state(0.1, shares[1]!)], 0);
  t.true(Math.abs(Math.log(shares[0]! / shares[1]!) - 5 * 0.2) < 1e-12);
});

test('however much is lost, shares are numbers that sum to 1', t => {
  for (const sources of [
    [state(1000), state(5)],
    [state(1000, 0), state(0, 1)],
    [state(0), state(-1), state(0)],
  ]) {
    const shares = shearedShares(sources, 1e-4);
    t.true(close([shares.reduce((sum, share) => sum + share, 0)], [1]));
    t.true(shares.every(share => share >= 1e-4 / sources.length));
  }
  t.deepEqual(shearedShares([], 0.1), []);
});

test('the plugin smooths by 0.0001 unless told otherwise', t => {
  const sampler = (options?: { smoothing?: number }): Sampler =>
    providedBy(samplerSheared(options), Sampler, 'sheared');
  t.true(close(sampler().weights([state(1000), state(0)]), [1 - 5e-5, 5e-5]));
  t.true(close(sampler({ smoothing: 1 }).weights([state(1), state(0)]), [0.5, 0.5]));
  t.throws(() => samplerSheared({ smoothing: 2 }), { code: 'E_PLUGIN_OPTIONS' } as never);
});
