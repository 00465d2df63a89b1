import { executeRun, PruneOptimizer, type PruneTask, Recovery, type Selection } from '@secateur/core';
import { fill, openTinyModel, providedBy, tinySession } from '@secateur/core/testing';
import test from 'ava';
import optimizerOneshot, { oneshot } from './index.js';

test('units are scored once, and what is chosen by these scores goes', async t => {
  const model = await openTinyModel();
  const saliency = new Map([['group', Float32Array.of(1, 2)]]);
  const chosen: Selection = new Map([['group', [0]]]);
  const calls: unknown[] = [];
  // Nothing else of a task is there: what trains would fail.
  const task: Pick<PruneTask, 'model' | 'quota' | 'score' | 'select'> = {
    model,
    quota: 42,
    score: async (...args) => {
      calls.push(['score', ...args]);
      return saliency;
    },
    select: async (...args) => {
      calls.push(['select', ...args]);
      return chosen;
    },
  };
  const outcome = await oneshot.prune(task as PruneTask);
  t.is(outcome.removed, chosen);
  t.is(outcome.model, model);
  t.deepEqual([outcome.tokens, outcome.losses], [0, []]);
  t.deepEqual(calls, [
    ['score', model],
    ['select', saliency, 42],
  ]);
});

test('a run with it trains nothing before the cut, and cuts what listeners leave of the choice', async t => {
  let left = 0;
  const session = tinySession({}, [
    fill(PruneOptimizer, oneshot),
    fill(Recovery, {
      async recover({ model, tokens }) {
        left = tokens;
        return { model, rounds: [], losses: [], tokens: 0 };
      },
    }),
  ]);
  const steps: unknown[] = [];
  session.hooks.beforeStep.tap('test', step => void steps.push(step));
  session.hooks.selection.tap('test', () => new Map([['model.layers.1.mlp#channel', [2, 5]]]));
  const { removedUnits, training, layers } = await executeRun(session);
  t.deepEqual(removedUnits, { 'model.layers.1.mlp#channel': [2, 5] });
  t.deepEqual(
    layers.map(({ channels }) => channels),
    [6, 4],
  );
  t.deepEqual([training.tokens.pruning, training.losses.pruning, steps], [0, [], []]);
  t.is(left, session.config.train.tokens);
});

test('the plugin provides "oneshot"', t => {
  t.is(providedBy(optimizerOneshot(), PruneOptimizer, 'oneshot'), oneshot);
});
