import { executeRun, type Preset } from '@secateur/core';
import { presetSession } from '@secateur/core/testing';
import test from 'ava';
import { installation } from 'secateur';

const factories = Object.entries(installation.presets) as [string, (options: { ratio: number }) => Preset][];

for (const [name, make] of factories)
  test(`${name}: by itself it prunes the tiny model to its ratio, and what it writes is what it cut`, async t => {
    // By its name, the tiny session reads instructions.
    const text = { asks: { file: 'asks.txt', validation: 0.3, tuning: 0.1 } };
    const session = await presetSession(make({ ratio: 0.2 }), {
      train: { rank: 2 },
      ...(name === 'lorashear-instruct-only' ? { text } : {}),
    });
    t.is(session.preset, name);
    const { class: kind, sparsity, removed, check, training } = await executeRun(session);
    t.is(kind, ['wanda', 'sparsegpt'].includes(name) ? 'unstructured' : 'structured');
    // Half a channel in each of two layers; of single weights, less than one in each row.
    if (sparsity === null) t.true(Math.abs(removed.blocks - 0.2) <= 24 / 1088, `${removed.blocks}`);
    else t.true(Math.abs(sparsity - 0.2) < 0.1, `${sparsity}`);
    t.true(check.maskedVsCompact < 1e-5 && check.writtenVsCompact < 1e-5, JSON.stringify(check));
    t.true(training.tokens.pruning + training.tokens.recovery <= session.config.train.tokens);
  });

test('lorashear-instruct-only is refused without instructions', async t => {
  const session = await presetSession(installation.presets['lorashear-instruct-only']!(), {
    train: { rank: 2 },
  });
  await t.throwsAsync(executeRun(session), { code: 'E_CONFIG_INVALID', message: /are plain text/ });
});
