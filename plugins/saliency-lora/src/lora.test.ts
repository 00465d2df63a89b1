import {
  type LiveModel,
  type ProxyName,
  proxyNames,
  type RemovalGroup,
  type SaliencyMap,
} from '@secateur/core';
import { indicesOfUnit } from '@secateur/core/graph';
import { openTinyModel, signalsOn } from '@secateur/core/testing';
import test from 'ava';
import saliencyLora, { loraScorer } from './index.js';

const alone = (name: ProxyName): Record<ProxyName, number> =>
  Object.fromEntries(proxyNames.map(other => [other, Number(other === name)])) as Record<ProxyName, number>;

const model = await openTinyModel({ bias: true });
const groups = model.groups.filter(({ kind }) => kind === 'channel' || kind === 'kv-head');

const scoresOf = async (of: LiveModel, weights: Record<ProxyName, number>): Promise<SaliencyMap> => {
  const signals = await signalsOn(of, groups);
  const scorer = loraScorer(weights);
  const scores = new Map<string, Float32Array>();
  for (const group of groups) scores.set(group.id, await scorer.score(group, signals));
  return scores;
};

/** x and u = B A over the rows that make a unit, in float64. */
const rowsOf = async (group: RemovalGroup, unit: number): Promise<{ x: number[]; u: number[] }> => {
  const [x, u]: [number[], number[]] = [[], []];
  for (const { param, side, layout, dimension } of group.members) {
    if (side !== 'own') continue;
    const [, width = 1] = model.source.tensors.get(param)!.shape as [number, number?];
    const module = param.slice(0, param.lastIndexOf('.'));
    const weight = await model.weight(param);
    const [a, b] = ['A', 'B'].map(factor => model.lora.arrays.get(`${module}.lora_${factor}.weight`)!);
    const rank = model.lora.specs.get(module)!.rank;
    for (const row of indicesOfUnit(layout, dimension, unit))
      for (let j = 0; j < width; j++) {
        x.push(weight[row * width + j]!);
        let product = 0;
        if (param.endsWith('.weight'))
          for (let r = 0; r < rank; r++) product += b![row * rank + r]! * a![r * width + j]!;
        u.push(product);
      }
  }
  return { x, u };
};

const dot = (a: number[], b: number[]): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
const formulas: Record<ProxyName, (x: number[], u: number[]) => number> = {
  magnitude: x => Math.sqrt(dot(x, x)),
  averageMagnitude: x => Math.sqrt(dot(x, x)) / x.length,
  cosine: (x, u) => dot(x, u) / Math.sqrt(dot(x, x) * dot(u, u)) + 1,
  taylorFirst: (x, u) => Math.abs(dot(x, u)),
  taylorSecond: (x, u) => dot(x, u) ** 2 / 2,
};

for (const name of proxyNames)
  test(`${name} of a model is that of the rows that make its units, biases included`, async t => {
    const expected: number[] = [];
    for (const group of groups)
      for (let unit = 0; unit < group.units; unit++) {
        const { x, u } = await rowsOf(group, unit);
        expected.push(formulas[name](x, u));
      }
    const norm = Math.sqrt(1e-8 + dot(expected, expected)) + 1e-8;
    const found = [...(await scoresOf(model, alone(name))).values()].flatMap(scores => [...scores]);
    t.is(found.length, expected.length);
    for (const [i, score] of found.entries()) t.true(Math.abs(score - expected[i]! / norm) < 1e-5);
  });

test('before LoRA has learnt anything, all but the magnitudes are silent', async t => {
  const fresh = await openTinyModel({ bias: true }, { trained: false });
  const scores = async (name: ProxyName) =>
    new Set([...(await scoresOf(fresh, alone(name))).values()].flatMap(values => [...values]));
  t.deepEqual([...(await scores('taylorFirst'))], [0]);
  t.is((await scores('cosine')).size, 1);
  t.true((await scores('magnitude')).size > 10);
});

test('all groups are normalised together, each is asked for once', async t => {
  let reads = 0;
  const signals = await signalsOn(model, groups);
  const counted = {
    ...signals,
    weight: (param: string) => {
      reads++;
      return signals.weight(param);
    },
  };
  const scorer = loraScorer(alone('magnitude'));
  for (const group of groups) await scorer.score(group, counted);
  const own = groups.reduce(
    (sum, { members }) => sum + members.filter(({ side }) => side === 'own').length,
    0,
  );
  t.is(reads, own);
});

test('the plugin takes five weights, 0.2 each', t => {
  t.notThrows(() => saliencyLora({ cosine: 0 }));
  t.throws(() => saliencyLora({ cosine: -1 }), { code: 'E_PLUGIN_OPTIONS' } as never);
  t.throws(() => saliencyLora({ cosin: 1 } as never), { code: 'E_PLUGIN_OPTIONS' } as never);
});
