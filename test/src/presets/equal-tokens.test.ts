import { executeRun, type Preset } from '@secateur/core';
import { presetSession } from '@secateur/core/testing';
import lorashear from '@secateur/preset-lorashear';
import magnitude from '@secateur/preset-magnitude';
import wandaSp from '@secateur/preset-wanda-sp';
import test from 'ava';

/** What all training of a run comes to. */
const spent = async (preset: Preset, tokens: number) => {
  const session = await presetSession(preset, { train: { tokens } });
  const rates: number[] = [];
  session.hooks.beforeStep.tap('test', ({ learningRate }) => void rates.push(learningRate));
  const { training } = await executeRun(session);
  return { tokens: training.tokens.pruning + training.tokens.recovery, rates };
};

// A step has 12 tokens: a whole number of steps, and one that is rounded down though half a step is left.
for (const tokens of [144, 150])
  test(`methods that cut at once train on as many tokens as lorashear does: ${tokens}`, async t => {
    const own = await spent(lorashear(), tokens);
    t.is(own.tokens, 144);
    t.is(own.rates.length, 12);
    for (const preset of [
      lorashear({ lhspg: { periods: 4, share: 0.5, warmup: 0.1 } }),
      magnitude({ recovery: true }),
      wandaSp({ recovery: true }),
    ]) {
      const other = await spent(preset, tokens);
      t.is(other.tokens, own.tokens);
      if (tokens === 144) t.deepEqual(other.rates, own.rates, 'and at the same rates');
    }
  });
