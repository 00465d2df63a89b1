import { type RemovalGroup, SaliencyScorer } from '@secateur/core';
import { consumerOf, indicesOfUnit } from '@secateur/core/graph';
import { openTinyModel, providedBy, signalsOn } from '@secateur/core/testing';
import test from 'ava';
import saliencyMagnitude, { magnitudeScorer } from './index.js';
import { columnNorms, magnitudeOf } from './magnitude.js';

const model = await openTinyModel({ bias: true });
const groups = model.groups.filter(
  ({ unprunable, kind }) => !unprunable && ['kv-head', 'query-head', 'channel'].includes(kind),
);
const signals = await signalsOn(model, groups);

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

test('columns: the norms of the columns that read a unit, summed', async t => {
  t.deepEqual(columnNorms(Float32Array.of(3, -1, 4, 0), [2, 2]), Float64Array.of(5, 1));
  const scorer = providedBy(saliencyMagnitude({ norm: 'columns' }), SaliencyScorer, 'magnitude');
  for (const group of groups) {
    const { param, layout } = consumerOf(group)!;
    const weight = await model.merged(param);
    const [out, into] = model.source.tensors.get(param)!.shape as [number, number];
    for (const [unit, score] of (await scorer.score(group, signals)).entries()) {
      const norms = indicesOfUnit(layout, group.dimension, unit).map(j =>
        Math.hypot(...Array.from({ length: out }, (_, i) => weight[i * into + j]!)),
      );
      const expected = norms.reduce((sum, norm) => sum + norm, 0);
      t.true(Math.abs(score - expected) <= 1e-6 * expected, `${group.id} ${unit}`);
    }
  }
});

test('LLM-Pruner sums squares without the root: the units of a kind rank alike', async t => {
  const squares = async (group: RemovalGroup): Promise<number[]> => {
    const sums: number[] = [];
    for (let unit = 0; unit < group.units; unit++)
      sums.push((await weightsOf(group, unit)).reduce((sum, w) => sum + w * w, 0));
    return sums;
  };
  for (const kind of ['kv-head', 'query-head', 'channel']) {
    const own = groups.filter(group => group.kind === kind);
    const [theirs, ours]: [number[], number[]] = [[], []];
    for (const group of own) {
      theirs.push(...(await squares(group)));
      ours.push(...(await magnitudeScorer('l2').score(group, signals)));
    }
    const order = (scores: number[]): number[] => [...scores.keys()].sort((a, b) => scores[a]! - scores[b]!);
    t.deepEqual(order(ours), order(theirs), kind);
  }
});

test('the plugin provides "magnitude", which needs no calibration', t => {
  t.is(providedBy(saliencyMagnitude({ norm: 'l1' }), SaliencyScorer, 'magnitude').needs, undefined);
  t.throws(() => saliencyMagnitude({ norm: 'l3' as 'l2' }), { code: 'E_PLUGIN_OPTIONS' } as never);
});
