import { LiveModel, type SecateurError } from '@secateur/core';
import { indicesOfUnit } from '@secateur/core/graph';
import { openTinyModel, sequenceOf, signalsOn } from '@secateur/core/testing';
import test from 'ava';
import { loraImportance, lorapruneScorer, ofLengthOne } from './index.js';

test('an entry is |G (W + s B A)|, with G from the factors and their gradients', t => {
  const lora = {
    a: Float32Array.of(1, 2),
    b: Float32Array.of(3, 5),
    byA: Float32Array.of(0.5, -1),
    byB: Float32Array.of(2, -4),
    rank: 1,
    scaling: 2,
  };
  // ∇B A + B ∇A − ∇B ∇A: 2 + 1.5 − 1, 4 − 3 + 2; −4 + 2.5 + 2, −8 − 5 − 4
  const expected = Float32Array.of(2 * 2.5, 2 * 3 * 10, 2 * 0.5 * 3, 2 * 17 * 2);
  t.deepEqual(loraImportance(lora, Float32Array.of(-1, 10, 3, 2), [2, 2]), expected);
});

test('scores of a tensor have length 1, unless all are 0', t => {
  t.deepEqual(ofLengthOne(Float64Array.of(3, 4)), Float64Array.of(0.6, 0.8));
  t.deepEqual(ofLengthOne(Float64Array.of(0, 0)), Float64Array.of(0, 0));
});

const whole = await openTinyModel({ bias: true });
/** The same model with a LoRA on some of its layers. */
const withLoraOn = (wanted: (module: string) => boolean): LiveModel => {
  const { specs, arrays } = whole.lora;
  const kept = new Map([...specs].filter(([module]) => wanted(module)));
  const names = [...arrays].filter(([name]) => kept.has(name.replace(/\.lora_[AB]\.weight$/, '')));
  return new LiveModel(whole.source, { specs: kept, arrays: new Map(names) });
};
const model = withLoraOn(module => !module.endsWith('k_proj'));
const sequences = [sequenceOf(3, 4, 5, 8, 6)];
const groupsOf = (of: LiveModel) => of.groups.filter(({ kind }) => kind === 'channel' || kind === 'kv-head');
const collect = (of: LiveModel, needs: typeof lorapruneScorer.needs) =>
  signalsOn(of, groupsOf(of), needs, sequences);

test('a unit is the sum over its rows and columns, by tensor of length 1; layers without LoRA are left out', async t => {
  t.deepEqual(lorapruneScorer.needs, ['loraGradient']);
  const signals = await collect(model, lorapruneScorer.needs);
  for (const group of groupsOf(model)) {
    const expected = Array.from({ length: group.units }, () => 0);
    for (const { param, axis, layout, dimension } of group.members) {
      const lora = signals.loraGradient(param);
      t.is(lora === undefined, param.includes('k_proj') || param.endsWith('.bias'), param);
      if (!lora) continue;
      const { a, b, byA, byB, rank } = lora;
      const weight = await model.merged(param);
      const [rows, columns] = model.source.tensors.get(param)!.shape as [number, number];
      const own = expected.map((_, unit) => {
        const indices = new Set(indicesOfUnit(layout, dimension, unit));
        let sum = 0;
        for (let i = 0; i < rows; i++)
          for (let j = 0; j < columns; j++) {
            if (!indices.has(axis === 0 ? i : j)) continue;
            let gradient = 0;
            for (let r = 0; r < rank; r++) {
              const [x, y] = [i * rank + r, r * columns + j];
              gradient += byB[x]! * a[y]! + b[x]! * byA[y]! - byB[x]! * byA[y]!;
            }
            sum += Math.abs(gradient * weight[i * columns + j]!);
          }
        return sum;
      });
      const norm = Math.hypot(...own);
      for (const [unit, sum] of own.entries()) expected[unit]! += sum / norm;
    }
    const scores = await lorapruneScorer.score(group, signals);
    for (const [unit, score] of scores.entries())
      t.true(Math.abs(score - expected[unit]!) < 1e-5 * expected[unit]!, `${group.id} ${unit}`);
  }
});

test('without a LoRA on any weight of a group it is refused', async t => {
  const bare = withLoraOn(module => module.includes('self_attn'));
  const signals = await collect(bare, lorapruneScorer.needs);
  const group = groupsOf(bare).find(({ kind }) => kind === 'channel')!;
  const error = (await t.throwsAsync(async () => lorapruneScorer.score(group, signals))) as SecateurError;
  t.is(error.code, 'E_SALIENCY');
  t.regex(error.message, /no weight of model\.layers\.0\.mlp#channel has one/);
  const undeclared = (await t.throwsAsync(async () =>
    lorapruneScorer.score(group, await collect(model, [])),
  )) as SecateurError;
  t.is(undeclared.code, 'E_SIGNAL_NOT_DECLARED');
});
