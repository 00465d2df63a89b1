import { executeRun, Repair, type RepairTask, type Report, type Signals, unitWeights } from '@secateur/core';
import { consumerOf, indicesOfUnit } from '@secateur/core/graph';
import { fill, openTinyModel, providedBy, tinySession } from '@secateur/core/testing';
import test from 'ava';
import repairLeastSquares, { absorb } from './index.js';

/** 40 tokens of 6 inputs, of which the last two follow from the others but for a little noise. */
const inputs = Array.from({ length: 40 }, (_, t) => {
  const [a, b, c, d] = [Math.sin(t), Math.cos(2 * t), Math.sin(3 * t + 1), Math.cos(5 * t)];
  return [a, b, c, d, a + b + 0.1 * Math.sin(7 * t), c - d + 0.1 * Math.cos(11 * t)];
});
const into = 6;
const out = 3;
const weight = Float64Array.from({ length: out * into }, (_, i) => Math.sin(i + 1));
const gram = Float64Array.from({ length: into * into }, (_, k) =>
  inputs.reduce((sum, x) => sum + x[Math.floor(k / into)]! * x[k % into]!, 0),
);
const kept = [0, 1, 2, 3];

/** Σ_x ‖W x − (W_S + D) x_S‖² + Σ_j λ_j ‖D_j‖², λ_j = ridge · G_jj, from its definition. */
const objective = (gain: ArrayLike<number>, ridge: number): number => {
  let sum = 0;
  for (const x of inputs)
    for (let row = 0; row < out; row++) {
      let error = 0;
      for (let j = 0; j < into; j++) error += weight[row * into + j]! * x[j]!;
      for (const [i, j] of kept.entries())
        error -= (weight[row * into + j]! + gain[row * kept.length + i]!) * x[j]!;
      sum += error ** 2;
    }
  for (const [at, d] of Array.from(gain).entries()) {
    const j = kept[at % kept.length]!;
    sum += ridge * gram[j * into + j]! * d * d;
  }
  return sum;
};

test('what is absorbed is the minimum of the squared error with its ridge', t => {
  const ridge = 0.02;
  const gain = absorb(weight, { out, into, gram, removed: [4, 5], kept, ridge });
  const least = objective(gain, ridge);
  t.true(least < 0.1 * objective(new Float64Array(gain.length), ridge));
  for (let i = 0; i < gain.length; i++)
    for (const step of [1e-4, -1e-4]) {
      const moved = gain.slice();
      moved[i]! += step;
      t.true(objective(moved, ridge) > least, `entry ${i}`);
    }
});

const model = await openTinyModel();
const groups = model.groups.filter(
  ({ kind, unprunable }) => !unprunable && ['kv-head', 'channel'].includes(kind),
);

test('only columns that stay change, by what the cut ones of the merged weight gave', async t => {
  const [group] = groups.filter(({ kind }) => kind === 'channel');
  const { param, layout } = consumerOf(group!)!;
  const shape = model.source.tensors.get(param)!.shape as [number, number];
  const moments = Float64Array.from({ length: shape[1] ** 2 }, (_, k) =>
    k % (shape[1] + 1) === 0 ? 2 : 1 / (1 + Math.abs(Math.floor(k / shape[1]) - (k % shape[1]))),
  );
  const merged = await model.merged(param);
  const signals = {
    effective: async () => unitWeights(shape, merged),
    inputGram: () => moments,
    tokens: 80,
  } as unknown as Signals;
  const removed = new Map([[group!.id, [1, 4]]]);
  const task = {
    model,
    removed,
    groups: [group!],
    signals: async () => signals,
    run: { signal: new AbortController().signal, progress: () => {} },
  } as unknown as RepairTask;
  const repair = providedBy(repairLeastSquares(), Repair, 'least-squares');
  const repaired = await repair.repair(task);
  const gone = [1, 4].flatMap(unit => indicesOfUnit(layout, group!.dimension, unit));
  const stay = Array.from({ length: shape[1] }, (_, j) => j).filter(j => !gone.includes(j));
  const gain = absorb(merged, {
    out: shape[0],
    into: shape[1],
    gram: moments,
    removed: gone,
    kept: stay,
    ridge: stay.length / 80,
  });
  const [before, after] = [await model.weight(param), await repaired.weight(param)];
  for (let row = 0; row < shape[0]; row++)
    for (let j = 0; j < shape[1]; j++) {
      const at = row * shape[1] + j;
      const expected = gone.includes(j) ? 0 : gain[row * stay.length + stay.indexOf(j)]!;
      t.true(Math.abs(after[at]! - before[at]! - expected) < 1e-6);
    }
  t.deepEqual([...repaired.changed.keys()], [param]);
});

test('without anything to cut nothing is measured', async t => {
  const task = { model, removed: new Map(), groups: [], signals: () => t.fail() } as unknown as RepairTask;
  t.is(await providedBy(repairLeastSquares(), Repair, 'least-squares').repair(task), model);
});

test('a run with it cuts the repaired model', async t => {
  const bare = await executeRun(tinySession());
  const repaired = await executeRun(
    tinySession({}, [fill(Repair, providedBy(repairLeastSquares(), Repair, 'least-squares'))]),
  );
  t.deepEqual(repaired.removedUnits, bare.removedUnits);
  t.true(repaired.check.maskedVsCompact < 1e-5);
  // The tiny model knows nothing: what is repaired is told by another number, not by a better one.
  const atTheCut = ({ perplexity }: Report) => Object.values(perplexity).map(({ pruned }) => pruned);
  t.notDeepEqual(atTheCut(repaired), atTheCut(bare));
});
