import { SaliencyScorer, type SecateurError } from '@secateur/core';
import { consumerOf, indicesOfUnit } from '@secateur/core/graph';
import { openTinyModel, providedBy, sequenceOf, signalsOn } from '@secateur/core/testing';
import test from 'ava';
import saliencyFlap, { flapColumns, flapScorer, standardised } from './index.js';

test('each metric is its formula', t => {
  const weight = Float32Array.of(1, -2, 3, -5, 0, 4);
  const statistic = Float64Array.of(1, 10, 2);
  t.deepEqual(flapColumns('ifv', weight, [2, 3], statistic), statistic);
  t.deepEqual(flapColumns('wifv', weight, [2, 3], statistic), Float64Array.of(26, 40, 50));
  t.deepEqual(flapColumns('wifn', weight, [2, 3], statistic), Float64Array.of(3, 10, 7));
});

test('standardised scores have mean 0 and the deviation 1 of a sample; where nothing differs they are 0', t => {
  t.deepEqual(standardised(Float64Array.of(1, 2, 3)), Float64Array.of(-1, 0, 1));
  t.deepEqual(standardised(Float64Array.of(4, 4)), Float64Array.of(0, 0));
  t.deepEqual(standardised(Float64Array.of(4)), Float64Array.of(0));
});

const model = await openTinyModel();
const groups = model.groups.filter(({ kind }) => kind === 'channel' || kind === 'kv-head');
const sequences = [0, 1].map(first => sequenceOf(3 + first, 4, 9, 2));
const collect = (needs: SaliencyScorer['needs']) => signalsOn(model, groups, needs, sequences);

for (const metric of ['wifv', 'ifv', 'wifn'] as const)
  for (const standardise of [true, false])
    test(`${metric}, ${standardise ? 'standardised' : 'as it is'}, with the LoRA in the weight`, async t => {
      const scorer = flapScorer({ metric, standardise });
      t.deepEqual(scorer.needs, [metric === 'wifn' ? 'inputNorms' : 'inputMoments']);
      const signals = await collect(scorer.needs);
      for (const group of groups) {
        const { param, layout } = consumerOf(group)!;
        const weight = await model.merged(param);
        const [out, into] = model.source.tensors.get(param)!.shape as [number, number];
        const column = (j: number): number[] => Array.from({ length: out }, (_, i) => weight[i * into + j]!);
        const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);
        let of = Array.from({ length: into }, (_, j) => {
          const own = column(j);
          if (metric === 'wifn') return (signals.inputNorms(param)[j]! * sum(own.map(Math.abs))) / out;
          const variance = signals.inputMoments(param).variance[j]!;
          return metric === 'ifv' ? variance : variance * sum(own.map(w => w * w));
        });
        if (standardise) {
          const mean = sum(of) / into;
          const deviation = Math.sqrt(sum(of.map(s => (s - mean) ** 2)) / (into - 1));
          of = of.map(s => (s - mean) / deviation);
        }
        const scores = await scorer.score(group, signals);
        t.is(scores.length, group.units);
        for (const [unit, score] of scores.entries()) {
          const own = indicesOfUnit(layout, group.dimension, unit);
          const expected = sum(own.map(j => of[j]!)) / (standardise ? own.length : 1);
          t.true(Math.abs(score - expected) <= 1e-6 * Math.max(1, Math.abs(expected)), `${group.id} ${unit}`);
        }
      }
    });

test('the plugin standardises wifv unless told otherwise', async t => {
  const scorer = providedBy(saliencyFlap(), SaliencyScorer, 'flap');
  const signals = await collect(scorer.needs);
  for (const group of groups)
    t.deepEqual(
      await scorer.score(group, signals),
      await flapScorer({ metric: 'wifv', standardise: true }).score(group, signals),
    );
  const error = (await t.throwsAsync(async () =>
    scorer.score(groups[0]!, await collect([])),
  )) as SecateurError;
  t.is(error.code, 'E_SIGNAL_NOT_DECLARED');
  t.throws(() => saliencyFlap({ metric: 'wifs' as 'wifv' }), { code: 'E_PLUGIN_OPTIONS' } as never);
});
