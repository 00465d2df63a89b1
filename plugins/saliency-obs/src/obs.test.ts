import { SaliencyScorer } from '@secateur/core';
import { consumerOf, indicesOfUnit } from '@secateur/core/graph';
import { openTinyModel, providedBy, sequenceOf, signalsOn } from '@secateur/core/testing';
import test from 'ava';
import saliencyObs, { greedyCosts } from './index.js';

const into = 6;
const out = 3;
const weight = Float64Array.from({ length: out * into }, (_, i) => Math.sin(2 * i + 1));
const inputs = Array.from({ length: 30 }, (_, t) =>
  Array.from({ length: into }, (_, j) => Math.sin(t * (j + 1) + j) + (j === 3 ? Math.sin(2 * t) : 0)),
);
const gram = Float64Array.from({ length: into * into }, (_, k) =>
  inputs.reduce((sum, x) => sum + x[Math.floor(k / into)]! * x[k % into]!, 0),
);
const share = 1e-3;

/** Solves A x = b by elimination with pivots. */
const solve = (matrix: readonly (readonly number[])[], right: readonly number[]): number[] => {
  const rows = matrix.map((row, i) => [...row, right[i]!]);
  for (let k = 0; k < rows.length; k++) {
    const pivot = rows
      .slice(k)
      .reduce((best, row, i) => (Math.abs(row[k]!) > Math.abs(rows[best]![k]!) ? k + i : best), k);
    [rows[k], rows[pivot]] = [rows[pivot]!, rows[k]!];
    for (let i = 0; i < rows.length; i++) {
      if (i === k) continue;
      const factor = rows[i]![k]! / rows[k]![k]!;
      for (let j = k; j <= rows.length; j++) rows[i]![j]! -= factor * rows[k]![j]!;
    }
  }
  return rows.map((row, i) => row.at(-1)! / row[i]!);
};

/**
 * Least of Σ_x ‖W x − V x‖² + Σ_j λ_j ‖W_j − V_j‖² over V whose columns `gone` are zero, found from its normal equations: with
 * H = G + diag λ, V_S = (W H)_:S H_SS⁻¹.
 */
const leastError = (gone: readonly number[], all: readonly number[]): number => {
  const h = (i: number, j: number): number => gram[i * into + j]! * (i === j ? 1 + share : 1);
  const stay = all.filter(j => !gone.includes(j));
  let error = 0;
  for (let row = 0; row < out; row++) {
    const w = (j: number): number => weight[row * into + j]!;
    const right = stay.map(j => all.reduce((sum, i) => sum + w(i) * h(i, j), 0));
    const v = solve(
      stay.map(i => stay.map(j => h(i, j))),
      right,
    );
    const difference = all.map(j => w(j) - (stay.includes(j) ? v[stay.indexOf(j)]! : 0));
    all.forEach((i, a) => {
      all.forEach((j, b) => {
        error += difference[a]! * h(i, j) * difference[b]!;
      });
    });
  }
  return error;
};

for (const units of [
  [[0], [1], [2], [3], [4], [5]],
  [
    [0, 1],
    [2, 3],
    [4, 5],
  ],
  [
    [4, 0],
    [1, 5],
  ],
])
  test(`one at a time: each of ${JSON.stringify(units)} costs what the repaired error grows by`, t => {
    const costs = greedyCosts({ weight, out, into, gram, units, ridge: share, block: 0 });
    const all = units.flat();
    const gone: number[] = [];
    const left = new Set(units.keys());
    let former = 0;
    let least = 0;
    while (left.size > 0) {
      const growth = [...left].map(unit => ({
        unit,
        cost: leastError([...gone, ...units[unit]!], all) - former,
      }));
      const next = growth.sort((a, b) => a.cost - b.cost)[0]!;
      least = Math.max(least, next.cost);
      t.true(
        Math.abs(costs[next.unit]! - least) < 1e-8 * least,
        `${next.unit}: ${costs[next.unit]}, ${least}`,
      );
      gone.push(...units[next.unit]!);
      left.delete(next.unit);
      former = leastError(gone, all);
    }
  });

test('in blocks, units of one block cost what they did before it', t => {
  const units = [[0], [1], [2], [3], [4], [5]];
  const single = greedyCosts({ weight, out, into, gram, units, ridge: share, block: 0 });
  const half = greedyCosts({ weight, out, into, gram, units, ridge: share, block: 0.5 });
  const first = units.map((_, unit) => leastError([unit], units.flat()));
  const order = [...first.keys()].sort((a, b) => first[a]! - first[b]!);
  for (const unit of order.slice(0, 3)) t.true(Math.abs(half[unit]! - first[unit]!) < 1e-8 * first[unit]!);
  t.notDeepEqual(half, single);
});

test('scores are costs by the mean square of the output gradient', async t => {
  const model = await openTinyModel();
  const groups = model.groups.filter(
    ({ kind, unprunable }) => !unprunable && (kind === 'channel' || kind === 'kv-head'),
  );
  const sequences = [0, 1].map(first => sequenceOf(3 + first, 4, 9, 1, 2));
  const scorer = providedBy(saliencyObs({ block: 0 }), SaliencyScorer, 'obs');
  const signals = await signalsOn(model, groups, scorer.needs, sequences);
  for (const group of groups) {
    const scores = await scorer.score(group, signals);
    const { param, layout } = consumerOf(group)!;
    const { data, shape } = await signals.effective(param);
    const [rows, columns] = shape as [number, number];
    const units = Array.from({ length: group.units }, (_, u) => [
      ...indicesOfUnit(layout, group.dimension, u),
    ]);
    const moments = signals.inputGram(param);
    const worth = signals.outputGradient(param);
    t.deepEqual(
      scores,
      Float32Array.from(
        greedyCosts({
          weight: data,
          out: rows,
          into: columns,
          gram: moments,
          units,
          ridge: 1e-3,
          block: 0,
        }),
        error => worth * error,
      ),
    );
    t.true(scores.every(score => score >= 0 && Number.isFinite(score)));
  }
});
