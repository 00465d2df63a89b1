import { type RemovalGroup, SaliencyScorer, type SecateurError } from '@secateur/core';
import { indicesOfUnit } from '@secateur/core/graph';
import { openTinyModel, providedBy, sequenceOf, signalsOn } from '@secateur/core/testing';
import test from 'ava';
import { elementForms, elementTerms } from './elements.js';
import saliencyTaylor from './index.js';

test('each term is its formula', t => {
  const [w, g, f] = [Float32Array.of(2, -3), Float32Array.of(0.5, 4), Float32Array.of(1.5, 2)];
  t.deepEqual(elementTerms('element-first', w, g, undefined), Float32Array.of(1, 12));
  t.deepEqual(elementTerms('element-second', w, undefined, f), Float32Array.of(6, 18));
  t.deepEqual(elementTerms('element-mixed', w, g, f), Float32Array.of(2, 21));
  t.deepEqual(elementTerms('vector', w, g, undefined), Float32Array.of(1, -12));
});

const model = await openTinyModel({ bias: true });
const groups = model.groups.filter(({ kind }) => kind === 'channel' || kind === 'kv-head');
const sequences = [0, 1].map(first => ({
  ...sequenceOf(3 + first, 4, 5, 6),
  weights: Float32Array.of(1, 1, first),
}));
const collect = (needs: SaliencyScorer['needs']) => signalsOn(model, groups, needs, sequences);
const signals = await collect(['gradient', 'fisher']);

interface Entry {
  readonly w: number;
  readonly g: number;
  readonly f: number;
}

/** All entries of a unit, in float64. */
const entriesOf = async (group: RemovalGroup, unit: number): Promise<Entry[]> => {
  const entries: Entry[] = [];
  for (const { param, axis, layout, dimension } of group.members) {
    const [rows, columns = 1] = model.source.tensors.get(param)!.shape as [number, number?];
    const weight = await model.weight(param);
    const [gradient, fisher] = [signals.gradient(param).data, signals.fisher(param).data];
    const own = new Set(indicesOfUnit(layout, dimension, unit));
    for (let at = 0; at < rows * columns; at++)
      if (own.has(axis === 0 ? Math.floor(at / columns) : at % columns))
        entries.push({ w: weight[at]!, g: gradient[at]!, f: fisher[at]! });
  }
  return entries;
};

const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);
const formulas = {
  'element-first': (all: Entry[]) => sum(all.map(({ w, g }) => Math.abs(w * g))),
  'element-second': (all: Entry[]) => sum(all.map(({ w, f }) => Math.abs(w * f * w))),
  'element-mixed': (all: Entry[]) => sum(all.map(({ w, g, f }) => Math.abs(w * g - 0.5 * w * f * w))),
  vector: (all: Entry[]) => Math.abs(sum(all.map(({ w, g }) => w * g))),
};

for (const form of elementForms)
  test(`${form}: over everything that a unit holds, biases included`, async t => {
    const scorer = providedBy(saliencyTaylor({ form }), SaliencyScorer, 'taylor');
    for (const group of groups) {
      const scores = await scorer.score(group, signals);
      t.is(scores.length, group.units);
      for (const [unit, score] of scores.entries()) {
        const entries = await entriesOf(group, unit);
        t.is(entries.length, group.unitCost);
        const size = sum(entries.map(({ w, g }) => Math.abs(w * g)));
        t.true(Math.abs(score - formulas[form](entries)) <= 1e-6 * size, `${group.id} ${unit}`);
      }
    }
  });

test('a form asks for what it reads, and no more', async t => {
  const needs = elementForms.map(
    form => providedBy(saliencyTaylor({ form }), SaliencyScorer, 'taylor').needs,
  );
  t.deepEqual(needs, [['gradient'], ['fisher'], ['gradient', 'fisher'], ['gradient']]);
  for (const [i, form] of elementForms.entries()) {
    const scorer = providedBy(saliencyTaylor({ form }), SaliencyScorer, 'taylor');
    await t.notThrowsAsync(async () => scorer.score(groups[0]!, await collect(needs[i])));
    const error = (await t.throwsAsync(async () =>
      scorer.score(groups[0]!, await collect([])),
    )) as SecateurError;
    t.is(error.code, 'E_SIGNAL_NOT_DECLARED');
  }
});
