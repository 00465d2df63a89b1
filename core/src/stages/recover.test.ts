import test from 'ava';
import { Recovery } from '../ports/recovery.js';
import { executeRun } from '../run.js';
import { fill, tinySession } from '../testing/tiny-session.js';

/** What a recovery is told to read where a listener of `mixture` says `weights`. */
const sharesFrom = async (...answers: readonly (readonly number[])[]): Promise<unknown[]> => {
  const found: unknown[] = [];
  const recovery: Recovery = {
    async recover({ model, mixture }) {
      const states = ['hills', 'waves'].map(name => ({ name, loss: 2, denseLoss: 1 }));
      for (const _ of answers) found.push(await mixture(states).catch(error => error.code));
      return { model, rounds: [], losses: [], tokens: 0 };
    },
  };
  const session = tinySession({}, [fill(Recovery, recovery)]);
  session.hooks.mixture.tap('test', () => answers[found.length]!);
  await executeRun(session);
  return found;
};

test('shares sum to 1, whatever the weights sum to', async t => {
  t.deepEqual(await sharesFrom([0.75, 0.25], [3, 1], [0.375, 0.125], [0, 5]), [
    [0.75, 0.25],
    [0.75, 0.25],
    [0.75, 0.25],
    [0, 1],
  ]);
});

test('weights that give no shares are refused', async t => {
  const wrong = [[1], [1, 1, 1], [0, 0], [2, -1], [Number.NaN, 1], [Number.POSITIVE_INFINITY, 1]];
  t.deepEqual(
    await sharesFrom(...wrong),
    wrong.map(() => 'E_NUMERICS'),
  );
});
