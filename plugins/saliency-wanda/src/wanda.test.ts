import type { SaliencyScorer, SecateurError } from '@secateur/core';
import { consumerOf, indicesOfUnit } from '@secateur/core/graph';
import { openTinyModel, sequenceOf, signalsOn } from '@secateur/core/testing';
import test from 'ava';
import { wandaColumns, wandaScorer } from './index.js';

test('a column is the mean of |W| over its rows, times the norm of its input', t => {
  const weight = Float32Array.of(1, -2, 3, -5, 0, 4);
  t.deepEqual(wandaColumns(weight, [2, 3], Float64Array.of(1, 10, 2)), Float64Array.of(3, 10, 7));
});

const model = await openTinyModel();
const groups = model.groups.filter(({ kind }) => kind === 'channel' || kind === 'kv-head');
const sequences = [0, 1].map(first => sequenceOf(3 + first, 4, 9, 2));
const collect = (needs: SaliencyScorer['needs']) => signalsOn(model, groups, needs, sequences);

test('a unit is the sum over the columns that read it, with the LoRA in the weight', async t => {
  t.deepEqual(wandaScorer.needs, ['inputNorms']);
  const signals = await collect(wandaScorer.needs);
  for (const group of groups) {
    const { param, layout } = consumerOf(group)!;
    const norms = signals.inputNorms(param);
    const weight = await model.merged(param);
    const [out, into] = model.source.tensors.get(param)!.shape as [number, number];
    const scores = await wandaScorer.score(group, signals);
    for (const [unit, score] of scores.entries()) {
      let expected = 0;
      for (const column of indicesOfUnit(layout, group.dimension, unit))
        for (let i = 0; i < out; i++)
          expected += (Math.abs(weight[i * into + column]!) * norms[column]!) / out;
      t.true(Math.abs(score - expected) <= 1e-5 * expected, `${group.id} ${unit}: ${score} ${expected}`);
    }
  }
});

test('without asking for norms it is refused', async t => {
  const error = (await t.throwsAsync(async () =>
    wandaScorer.score(groups[0]!, await collect([])),
  )) as SecateurError;
  t.is(error.code, 'E_SIGNAL_NOT_DECLARED');
});
