import {
  collectSignals,
  type Plugin,
  proxyNames,
  type RemovalGroup,
  type SaliencyMap,
  SaliencyScorer,
  type Selection,
  selectUnits,
  wholePasses,
} from '@secateur/core';
import { InterpreterEngine, providedBy } from '@secateur/core/testing';
import saliencyBlockInfluence from '@secateur/plugin-saliency-block-influence';
import saliencyFlap from '@secateur/plugin-saliency-flap';
import saliencyHesso from '@secateur/plugin-saliency-hesso';
import saliencyLora from '@secateur/plugin-saliency-lora';
import saliencyLoraprune from '@secateur/plugin-saliency-loraprune';
import saliencyMagnitude from '@secateur/plugin-saliency-magnitude';
import saliencyTaylor from '@secateur/plugin-saliency-taylor';
import saliencyWanda from '@secateur/plugin-saliency-wanda';
import test from 'ava';
import { readText } from '../workspace/repository-files.js';
import { goldenSequences, openGoldenModel } from './golden-model.js';

type ByModule<T> = Readonly<Record<string, readonly T[]>>;

/** What test/oracles/golden_saliency.py printed. */
interface Golden {
  readonly scores: Readonly<Record<string, ByModule<number>>>;
  /** Units of lowest score by scorer and ratio, alike from every group. */
  readonly lowest: Readonly<Record<string, Readonly<Record<string, ByModule<number>>>>>;
  /** Units that go by FLAP's ranking in one list. */
  readonly oneList: Golden['lowest'];
}

const golden = JSON.parse(readText('test/oracles/golden_saliency.json')) as Golden;

const taylorForms = [
  ...(['absolute', 'signed', 'fisher', 'second'] as const),
  ...(['element-first', 'element-second', 'element-mixed', 'vector'] as const),
];
const only = (name: string): Record<string, number> =>
  Object.fromEntries(proxyNames.map(other => [other, Number(other === name)]));

/** Scorers as users get them, under the names of the oracle, with the name that they provide. */
const scorers: Readonly<Record<string, readonly [plugin: Plugin, provided: string]>> = {
  ...Object.fromEntries(
    (['l2', 'l1', 'average', 'columns'] as const).map(norm => [
      `magnitude ${norm}`,
      [saliencyMagnitude({ norm }), 'magnitude'],
    ]),
  ),
  ...Object.fromEntries(
    taylorForms.map(form => [`taylor ${form}`, [saliencyTaylor({ form }), 'taylor'] as const]),
  ),
  wanda: [saliencyWanda(), 'wanda'],
  loraprune: [saliencyLoraprune(), 'loraprune'],
  'block-influence': [saliencyBlockInfluence(), 'block-influence'],
  ...Object.fromEntries(
    (['wifv', 'ifv', 'wifn'] as const).flatMap(metric => [
      [`flap ${metric}`, [saliencyFlap({ metric }), 'flap'] as const],
      [`flap ${metric} raw`, [saliencyFlap({ metric, standardise: false }), 'flap'] as const],
    ]),
  ),
  hesso: [saliencyHesso(), 'hesso'],
  lora: [saliencyLora(), 'lora'],
  ...Object.fromEntries(
    proxyNames.flatMap(name => [
      [`hesso ${name}`, [saliencyHesso(only(name)), 'hesso'] as const],
      [`lora ${name}`, [saliencyLora(only(name)), 'lora'] as const],
    ]),
  ),
};

const model = await openGoldenModel();
const groups = model.groups.filter(({ kind }) => kind === 'kv-head' || kind === 'channel');
const passes = wholePasses(new InterpreterEngine(ref => model.source.format.read(ref)));

const scoresOf = async (name: string): Promise<SaliencyMap> => {
  const [plugin, provided] = scorers[name]!;
  const scorer = providedBy(plugin, SaliencyScorer, provided);
  const signals = await collectSignals({
    passes,
    model,
    groups,
    needs: new Set(scorer.needs),
    sequences: goldenSequences,
    batch: 2,
  });
  const scores = new Map<string, Float32Array>();
  for (const group of groups) scores.set(group.id, await scorer.score(group, signals));
  return scores;
};

const byModule = (selection: Selection): Record<string, readonly number[]> =>
  Object.fromEntries(groups.map(({ id, module }) => [module, selection.get(id) ?? []]));

const lowest = ({ units, id }: RemovalGroup, scores: SaliencyMap, ratio: number): number[] => {
  const own = scores.get(id)!;
  const order = [...own.keys()].sort((a, b) => own[a]! - own[b]! || a - b);
  return order.slice(0, Math.round(ratio * units)).sort((a, b) => a - b);
};

test('the oracle and the test know the same scores', t => {
  t.deepEqual(Object.keys(scorers).sort(), Object.keys(golden.scores).sort());
  t.deepEqual(
    groups.map(({ module, units }) => [module, units]),
    Object.entries(golden.scores.wanda!).map(([module, scores]) => [module, scores.length]),
  );
});

for (const [name, expected] of Object.entries(golden.scores))
  test(`${name}: as PyTorch has it from its definition, to 1e-5, and the same units go`, async t => {
    const scores = await scoresOf(name);
    // The oracle has the influence itself, the scorer that of every parameter of a unit.
    const scale = ({ unitCost }: RemovalGroup): number => (name === 'block-influence' ? unitCost : 1);
    const theirs = new Map(
      groups.map(group => [
        group.id,
        Float32Array.from(expected[group.module]!, score => score * scale(group)),
      ]),
    );
    // A standardised score counts deviations from a mean: near 0 its own size is no measure.
    const least = name.startsWith('flap') && !name.endsWith('raw') ? 0.1 : 0;
    for (const group of groups)
      for (const [unit, score] of scores.get(group.id)!.entries()) {
        const exact = expected[group.module]![unit]! * scale(group);
        const size = Math.max(least, Math.abs(exact));
        t.true(Math.abs(score - exact) <= 1e-5 * size, `${group.id} ${unit}: ${score} ${exact}`);
      }
    const all = groups.reduce((sum, { units, unitCost }) => sum + units * unitCost, 0);
    for (const ratio of ['0.2', '0.5']) {
      for (const group of groups)
        t.deepEqual(lowest(group, scores, Number(ratio)), golden.lowest[name]![ratio]![group.module]);
      for (const ranking of ['kind', 'joint', 'score', 'uniform'] as const) {
        const limits = { ranking, rounding: 1, minKvHeads: 1, minChannels: 1 };
        const select = (saliency: SaliencyMap): Record<string, readonly number[]> =>
          byModule(selectUnits(saliency, groups, Number(ratio) * all, limits));
        t.deepEqual(select(scores), select(theirs), `${ranking} ${ratio}`);
        if (ranking === 'score' && golden.oneList[name])
          t.deepEqual(select(scores), golden.oneList[name][ratio], `one list ${ratio}`);
      }
    }
  });
