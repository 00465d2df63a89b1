import { collectSignals, type RemovalGroup, SaliencyScorer, type Signals, wholePasses } from '@secateur/core';
import { indicesOfUnit } from '@secateur/core/graph';
import { InterpreterEngine, openTinyModel, providedBy } from '@secateur/core/testing';
import test from 'ava';
import saliencyMagnitude, { magnitudeScorer } from './index.js';
import { magnitudeOf } from './magnitude.js';

const model = await openTinyModel({ bias: true });
const groups = model.groups.filter(
  ({ unprunable, kind }) => !unprunable && ['kv-head', 'query-head', 'channel'].includes(kind),
);
const passes = wholePasses(new InterpreterEngine(ref => model.source.format.read(ref)));
const signals: Signals = await collectSignals({
  passes,
  model,
  groups,
  needs: new Set(),
  sequences: [],
  batch: 1,
});

/** All merged weights of a unit, in float64. */
const weightsOf = async (group: RemovalGroup, unit: number): Promise<number[]> => {
  const found: number[] = [];
  for (const { param, axis, layout, dimension } of group.members) {
    const [rows, columns = 1] = model.source.tensors.get(param)!.shape as [number, number?];
    const data = await model.merged(param);
    const own = new Set(indicesOfUnit(layout, dimension, unit));
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++) if (own.has(axis === 0 ? i : j)) found.push(data[i * columns + j]!);
  }
  return found;
};

for (const [norm, of] of [
  ['l2', (w: number[]) => Math.hypot(...w)],
  ['l1', (w: number[]) => w.reduce((sum, x) => sum + Math.abs(x), 0)],
  ['average', (w: number[]) => Math.hypot(...w) / Math.sqrt(w.length)],
] as const)
  test(`${norm}: of everything that a unit owns, columns that read it and LoRA included`, async t => {
    for (const group of groups) {
      const scores = await magnitudeScorer(norm).score(group, signals);
      t.is(scores.length, group.units);
      for (const [unit, score] of scores.entries()) {
        const weights = await weightsOf(group, unit);
        t.is(weights.length, group.unitCost);
        t.true(Math.abs(score - of(weights)) <= 1e-5 * of(weights), `${group.id} ${unit}`);
      }
    }
  });

test('norms follow from sums', t => {
  const sums = {
    square: Float64Array.of(16, 0),
    absolute: Float64Array.of(6, 0),
    count: Float64Array.of(4, 4),
  };
  t.deepEqual(magnitudeOf(sums, 'l2'), Float32Array.of(4, 0));
  t.deepEqual(magnitudeOf(sums, 'l1'), Float32Array.of(6, 0));
  t.deepEqual(magnitudeOf(sums, 'average'), Float32Array.of(2, 0));
});

test('the plugin provides "magnitude", which needs no calibration', t => {
  t.is(providedBy(saliencyMagnitude({ norm: 'l1' }), SaliencyScorer, 'magnitude').needs, undefined);
  t.throws(() => saliencyMagnitude({ norm: 'l3' as 'l2' }), { code: 'E_PLUGIN_OPTIONS' } as never);
});
