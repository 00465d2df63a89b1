import {
  batchFeeds,
  type RemovalGroup,
  SaliencyScorer,
  type SecateurError,
  selectUnits,
} from '@secateur/core';
import { type Dense, evaluate, pieces } from '@secateur/core/graph';
import { openTinyModel, providedBy, sequenceOf, signalsOn } from '@secateur/core/testing';
import test from 'ava';
import saliencyBlockInfluence from './index.js';
import { influenceScores } from './influence.js';

test('the score is 1 less the similarity, for every parameter of all units', t => {
  t.deepEqual(influenceScores(0.75, { units: 3, unitCost: 8 }), Float32Array.of(2, 2, 2));
});

const model = await openTinyModel();
const groups = model.groups.filter(({ kind }) => kind === 'channel' || kind === 'kv-head');
const scorer = providedBy(saliencyBlockInfluence(), SaliencyScorer, 'block-influence');
const sequences = [0, 1].map(first => sequenceOf(3 + first, 4, 9, 2));
const collect = (needs: SaliencyScorer['needs']) => signalsOn(model, groups, needs, sequences);

/** Rows of the hidden states before and behind each layer, in float64. */
const hiddenStates = async (): Promise<{ before: number[][]; behind: number[][] }[]> => {
  const graph = model.graph({ batch: 2, sequence: 3 });
  const { feeds } = batchFeeds(sequences, { batch: 2, sequence: 3 });
  const dense: Record<string, Dense> = {};
  for (const name of graph.inputs) {
    const { shape, data } = feeds[name]!;
    dense[name] = { shape, data: Float64Array.from(data as ArrayLike<number | bigint>, Number) };
  }
  for (const { name, shape } of graph.parameters.values())
    dense[name] = { shape, data: Float64Array.from(model.fed.get(name) ?? (await model.weight(name))) };
  const tensors = evaluate(graph, dense);
  const rows = (name: string): number[][] => {
    const { shape, data } = tensors.get(name)!;
    return Array.from({ length: shape[0]! }, (_, row) => [
      ...data.subarray(row * shape[1]!, (row + 1) * shape[1]!),
    ]);
  };
  return pieces(graph)
    .slice(1, -1)
    .map(({ entry, exit }) => ({ before: rows(entry!), behind: rows(exit!) }));
};

test('every unit of a layer has what its hidden states say', async t => {
  t.deepEqual(scorer.needs, ['blockSimilarity']);
  const signals = await collect(scorer.needs);
  const dot = (a: number[], b: number[]): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
  const expected = (await hiddenStates()).map(
    ({ before, behind }) =>
      1 -
      before.reduce(
        (sum, h, row) => sum + dot(h, behind[row]!) / Math.sqrt(dot(h, h) * dot(behind[row]!, behind[row]!)),
        0,
      ) /
        before.length,
  );
  t.is(expected.length, 2);
  for (const group of groups) {
    const scores = await scorer.score(group, signals);
    t.is(scores.length, group.units);
    t.is(new Set(scores).size, 1);
    const influence = scores[0]! / group.unitCost;
    t.true(Math.abs(influence - expected[group.layer!]!) < 1e-6, `${group.id} ${influence}`);
  }
});

test('ranked over layers, the layer of the lowest influence goes first and whole, down to its minima', async t => {
  const signals = await collect(scorer.needs);
  const saliency = new Map<string, Float32Array>();
  for (const group of groups) saliency.set(group.id, await scorer.score(group, signals));
  const influence = ({ id, unitCost }: RemovalGroup): number => saliency.get(id)![0]! / unitCost;
  const lowest = groups.toSorted((a, b) => influence(a) - influence(b))[0]!.layer;
  const own = groups.filter(({ layer }) => layer === lowest);
  const quota = own.reduce((sum, { units, unitCost }) => sum + (units - 1) * unitCost, 0);
  for (const ranking of ['kind', 'joint'] as const) {
    const limits = { ranking, rounding: 1, minKvHeads: 1, minChannels: 1 };
    const removed = selectUnits(saliency, groups, quota, limits);
    for (const { id, layer, units } of groups)
      t.is(removed.get(id)?.length ?? 0, layer === lowest ? units - 1 : 0, `${ranking} ${id}`);
  }
});

test('a group of no layer is refused', t => {
  const error = t.throws(() =>
    scorer.score({ ...groups[0]!, id: 'model#hidden', layer: undefined }, {} as never),
  ) as unknown as SecateurError;
  t.is(error.code, 'E_SALIENCY');
  t.regex(error.message, /model#hidden/);
});
