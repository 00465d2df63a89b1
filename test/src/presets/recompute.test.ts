import { Engine, executeRun, type Recompute } from '@secateur/core';
import { presetSession } from '@secateur/core/testing';
import lorashear from '@secateur/preset-lorashear';
import test from 'ava';

/** Losses of a whole run, and what each compiled backward pass was told. */
const run = async (recompute: Recompute) => {
  const session = await presetSession(lorashear(), { train: { recompute } });
  const engine = session.active(Engine);
  const compile = engine.compile.bind(engine);
  const told: (Recompute | undefined)[] = [];
  engine.compile = (graph, options = {}) => {
    if (options.wrt?.length) told.push(options.recompute);
    return compile(graph, options);
  };
  const losses: number[] = [];
  session.hooks.afterStep.tap('test', ({ loss }) => void losses.push(loss!));
  await executeRun(session);
  return { told, losses };
};

test('train.recompute reaches saliency, pruning and recovery, and changes no number', async t => {
  const kept = await run(false);
  t.true(kept.told.length >= 3);
  t.true(kept.losses.length >= 10);
  for (const recompute of [true, 'auto'] as const) {
    const { told, losses } = await run(recompute);
    t.deepEqual(
      told,
      kept.told.map(() => recompute),
    );
    t.deepEqual(losses, kept.losses);
  }
});
