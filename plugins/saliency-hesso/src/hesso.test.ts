import {
  type ProxyName,
  proxyNames,
  type RemovalGroup,
  SaliencyScorer,
  type SecateurError,
} from '@secateur/core';
import { indicesOfUnit } from '@secateur/core/graph';
import { openTinyModel, providedBy, sequenceOf, signalsOn } from '@secateur/core/testing';
import test from 'ava';
import saliencyHesso, { hessoScorer } from './index.js';

const alone = (name: ProxyName): Record<ProxyName, number> =>
  Object.fromEntries(proxyNames.map(other => [other, Number(other === name)])) as Record<ProxyName, number>;

const model = await openTinyModel({ bias: true });
const groups = model.groups.filter(({ kind }) => kind === 'channel' || kind === 'kv-head');
const sequences = [sequenceOf(3, 4, 5, 8, 6)];
const collect = (needs: SaliencyScorer['needs']) => signalsOn(model, groups, needs, sequences);
const signals = await collect(['gradient']);

/** x and g over all entries of a unit, in float64. */
const entriesOf = async (group: RemovalGroup, unit: number): Promise<{ x: number[]; g: number[] }> => {
  const [x, g]: [number[], number[]] = [[], []];
  for (const { param, axis, layout, dimension } of group.members) {
    const [rows, columns = 1] = model.source.tensors.get(param)!.shape as [number, number?];
    const weight = await model.weight(param);
    const gradient = signals.gradient(param).data;
    const own = new Set(indicesOfUnit(layout, dimension, unit));
    for (let at = 0; at < rows * columns; at++)
      if (own.has(axis === 0 ? Math.floor(at / columns) : at % columns)) {
        x.push(weight[at]!);
        g.push(gradient[at]!);
      }
  }
  return { x, g };
};

const dot = (a: number[], b: number[]): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
const formulas: Record<ProxyName, (x: number[], g: number[]) => number> = {
  magnitude: x => Math.sqrt(dot(x, x)),
  averageMagnitude: x => Math.sqrt(dot(x, x)) / x.length,
  cosine: (x, g) => 1 - dot(x, g) / Math.sqrt(dot(x, x) * dot(g, g)),
  taylorFirst: (x, g) => Math.abs(dot(x, g)),
  taylorSecond: (x, g) => dot(x, g) ** 2 / 2,
};

for (const name of proxyNames)
  test(`${name} of a model is that of the rows and columns of its units, biases included`, async t => {
    const expected: number[] = [];
    for (const group of groups)
      for (let unit = 0; unit < group.units; unit++) {
        const { x, g } = await entriesOf(group, unit);
        t.is(x.length, group.unitCost);
        expected.push(formulas[name](x, g));
      }
    const norm = Math.sqrt(1e-8 + dot(expected, expected)) + 1e-8;
    const scorer = hessoScorer(alone(name));
    const found: number[] = [];
    for (const group of groups) found.push(...(await scorer.score(group, signals)));
    t.is(found.length, expected.length);
    for (const [i, score] of found.entries()) t.true(Math.abs(score - expected[i]! / norm) < 1e-6);
  });

test('the plugin takes five weights, 0.2 each, and asks for the gradient', async t => {
  const scorer = providedBy(saliencyHesso(), SaliencyScorer, 'hesso');
  t.deepEqual(scorer.needs, ['gradient']);
  const [group] = groups;
  const total = await scorer.score(group!, signals);
  const each = await Promise.all(proxyNames.map(name => hessoScorer(alone(name)).score(group!, signals)));
  for (const [unit, score] of total.entries())
    t.true(Math.abs(score - 0.2 * each.reduce((sum, scores) => sum + scores[unit]!, 0)) < 1e-6);
  const error = (await t.throwsAsync(async () => scorer.score(group!, await collect([])))) as SecateurError;
  t.is(error.code, 'E_SIGNAL_NOT_DECLARED');
  t.throws(() => saliencyHesso({ cosine: -1 }), { code: 'E_PLUGIN_OPTIONS' } as never);
});
