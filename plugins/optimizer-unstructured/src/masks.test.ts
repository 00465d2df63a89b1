import test from 'ava';
import { type SparseGptOptions, sparseGpt, wanda } from './index.js';

/** Seeded numbers in ±1: a generator of its own, so that nothing of ours is in what ours is held to. */
const numbers = (count: number, seed: number): number[] => {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (48271 * state) % (2 ** 31 - 1);
    return (2 * state) / (2 ** 31 - 1) - 1;
  });
};

type Matrix = readonly (readonly number[])[];

const [out, into, tokens] = [5, 12, 40];
const fold = (flat: ArrayLike<number>, width: number): number[][] =>
  Array.from({ length: flat.length / width }, (_, i) => Array.from(flat).slice(i * width, (i + 1) * width));
const flat = Float32Array.from(numbers(out * into, 11));
const weight = fold(flat, into);
/** Some inputs follow others, so that much can be made up for. */
const inputs: Matrix = fold(numbers(tokens * into, 23), into).map(x =>
  x.map((value, j) => (j % 3 === 2 ? x[j - 1]! - 0.5 * x[j - 2]! + 0.2 * value : (1 + j / 4) * value)),
);
const gram: Matrix = Array.from({ length: into }, (_, i) =>
  Array.from({ length: into }, (__, j) => inputs.reduce((sum, x) => sum + x[i]! * x[j]!, 0)),
);
const options: SparseGptOptions = {
  into,
  gram: Float64Array.from(gram.flat()),
  sequences: 4,
  damp: 0.01,
  block: 128,
  ratio: 0.5,
  groups: undefined,
};

/** H of the paper, with its damping. */
const hessian: Matrix = (() => {
  const h = gram.map(row => row.map(sum => (2 / 4) * sum));
  const mean = h.reduce((sum, row, j) => sum + row[j]!, 0) / into;
  return h.map((row, i) => row.map((value, j) => (i === j ? value + 0.01 * mean : value)));
})();

/** A⁻¹ by Gauss and Jordan. */
const inverted = (matrix: Matrix): number[][] => {
  const n = matrix.length;
  const a = matrix.map((row, i) => [...row, ...row.map((_, j) => Number(i === j))]);
  for (let k = 0; k < n; k++) {
    const pivot = a[k]![k]!;
    for (let j = 0; j < 2 * n; j++) a[k]![j]! /= pivot;
    for (let i = 0; i < n; i++) {
      if (i === k) continue;
      const factor = a[i]![k]!;
      for (let j = 0; j < 2 * n; j++) a[i]![j]! -= factor * a[k]![j]!;
    }
  }
  return a.map(row => row.slice(n));
};

const from = (matrix: Matrix, start: number): number[][] => matrix.slice(start).map(row => row.slice(start));

/** (w_S + D w_P), the least of (v − w)ᵀ H (v − w) over all v with v_P = 0: H_SS v_S = H_SS w_S + H_SP w_P. */
const bestWithout = (row: readonly number[], gone: readonly number[]): number[] => {
  const kept = [...row.keys()].filter(j => !gone.includes(j));
  const inner = inverted(kept.map(i => kept.map(j => hessian[i]![j]!)));
  const pull = kept.map(i => gone.reduce((sum, j) => sum + hessian[i]![j]! * row[j]!, 0));
  const best = row.map(() => 0);
  for (const [a, i] of kept.entries())
    best[i] = row[i]! + pull.reduce((sum, p, b) => sum + inner[a]![b]! * p, 0);
  return best;
};

/** (v − w)ᵀ H (v − w). */
const errorOf = (v: readonly number[], w: readonly number[]): number => {
  const d = v.map((value, j) => value - w[j]!);
  return d.reduce((sum, x, i) => sum + d.reduce((inner, y, j) => inner + x * hessian[i]![j]! * y, 0), 0);
};

const zerosOf = (row: readonly number[]): number[] => [...row.keys()].filter(j => row[j] === 0);

const near = (found: Matrix, expected: Matrix): boolean =>
  found.every((row, i) => row.every((value, j) => Math.abs(value - expected[i]![j]!) < 1e-6));

/**
 * SparseGPT from the paper's words: when column j is reached, each of its weights that goes is removed by the optimal
 * brain surgeon among the columns not gone through yet, with the inverse of H over those, made anew.
 */
const surgeon = (
  columnsAtOnce: number,
  choose: (score: number[][], at: number) => boolean[][],
): number[][] => {
  const w = weight.map(row => [...row]);
  // The diagonal of the inverse over the columns from j on: that is U_jj² of the Cholesky factor.
  const inverses = Array.from({ length: into }, (_, j) => inverted(from(hessian, j)));
  let mask: boolean[][] = [];
  for (let j = 0; j < into; j++) {
    const at = j % columnsAtOnce;
    if (at === 0) {
      const width = Math.min(columnsAtOnce, into - j);
      mask = choose(
        w.map(row => row.slice(j, j + width).map((value, k) => value ** 2 / inverses[j + k]![0]![0]!)),
        j,
      );
    }
    const inverse = inverses[j]!;
    for (const [i, row] of w.entries()) {
      if (!mask[i]![at]) continue;
      const share = row[j]! / inverse[0]![0]!;
      for (let k = j; k < into; k++) row[k]! -= share * inverse[0]![k - j]!;
      row[j] = 0;
    }
  }
  return w;
};

/** True for the lowest of a list. */
const marks = (scores: readonly number[], count: number): boolean[] => {
  const sorted = [...scores].sort((a, b) => a - b);
  return scores.map(score => score < sorted[count]!);
};
const overAllRows = (share: number) => (scores: number[][]) =>
  fold(marks(scores.flat(), Math.floor(scores.flat().length * share)).map(Number), scores[0]!.length).map(
    row => row.map(Boolean),
  );

test('WANDA zeroes the lowest |w| ‖x‖ of each row, ⌊in · ratio⌋ of them, and leaves the others alone', t => {
  for (const ratio of [0.1, 0.3, 0.5, 0.7, 0.9]) {
    const squares = Float64Array.from({ length: into }, (_, j) => gram[j]![j]!);
    const found = fold(wanda(flat, squares, { ratio, groups: undefined }), into);
    for (const [i, row] of found.entries()) {
      const goes = marks(
        weight[i]!.map((w, j) => Math.abs(w) * Math.hypot(...inputs.map(x => x[j]!))),
        Math.floor(into * ratio),
      );
      t.is(goes.filter(Boolean).length, Math.floor(into * ratio));
      t.deepEqual(
        row,
        weight[i]!.map((w, j) => (goes[j] ? 0 : w)),
      );
    }
  }
});

test('WANDA by N:M zeroes N in every M inputs of a row', t => {
  const squares = Float64Array.from({ length: into }, (_, j) => gram[j]![j]!);
  for (const [zeros, of] of [
    [2, 4],
    [1, 3],
    [5, 6],
  ] as const) {
    const found = fold(wanda(flat, squares, { ratio: zeros / of, groups: { zeros, of } }), into);
    for (const [i, row] of found.entries())
      for (let at = 0; at < into; at += of) {
        const scores = weight[i]!.slice(at, at + of).map((w, k) => Math.abs(w) * Math.sqrt(squares[at + k]!));
        const goes = marks(scores, zeros);
        t.deepEqual(
          row.slice(at, at + of),
          weight[i]!.slice(at, at + of).map((w, k) => (goes[k] ? 0 : w)),
        );
      }
  }
});

test('of equal scores those go that come first', t => {
  t.deepEqual(
    wanda(Float32Array.of(1, 1, -1, 1), Float64Array.of(1, 1, 1, 1), { ratio: 0.5, groups: undefined }),
    Float32Array.of(0, 0, -1, 1),
  );
});

for (const block of [128, 4, 5])
  test(`SparseGPT is the surgeon that looks ahead, in blocks of ${block} columns`, t => {
    for (const ratio of [0.25, 0.5, 0.8]) {
      const found = fold(sparseGpt(flat, { ...options, block, ratio }), into);
      t.true(near(found, surgeon(Math.min(block, into), overAllRows(ratio))), `${ratio}`);
      for (let at = 0; at < into; at += block) {
        const width = Math.min(block, into - at);
        const zeros = found.flatMap(row => row.slice(at, at + width)).filter(w => w === 0).length;
        t.is(zeros, Math.floor(out * width * ratio));
      }
    }
  });

for (const [zeros, of, block] of [
  [2, 4, 4],
  [2, 4, 128],
  [1, 3, 6],
] as const)
  test(`SparseGPT by ${zeros}:${of}, in blocks of ${block} columns`, t => {
    const found = fold(
      sparseGpt(flat, { ...options, block, ratio: zeros / of, groups: { zeros, of } }),
      into,
    );
    t.true(
      near(
        found,
        surgeon(of, scores => scores.map(row => marks(row, zeros))),
      ),
    );
    for (const row of found)
      for (let at = 0; at < into; at += of) t.is(row.slice(at, at + of).filter(w => w === 0).length, zeros);
  });

test('the error lies between the least for these zeros and that of the same zeros without correction', t => {
  const found = fold(sparseGpt(flat, options), into);
  let [own, least, plain] = [0, 0, 0];
  for (const [i, row] of found.entries()) {
    const gone = zerosOf(row);
    const best = errorOf(bestWithout(weight[i]!, gone), weight[i]!);
    t.true(errorOf(row, weight[i]!) >= best * (1 - 1e-5));
    own += errorOf(row, weight[i]!);
    least += best;
    plain += errorOf(
      weight[i]!.map((w, j) => (gone.includes(j) ? 0 : w)),
      weight[i]!,
    );
  }
  t.true(own < plain, `${least} ${own} ${plain}`);
});

test('where all zeros of a row stand first, what is left is its exact least-squares solution', t => {
  // Weights so small on the left that they are the lowest of every row.
  const tilted = Float32Array.from(flat, (w, k) => (k % into < into / 2 ? 1e-3 * w : w + Math.sign(w)));
  const found = fold(sparseGpt(tilted, options), into);
  const first = Array.from({ length: into / 2 }, (_, j) => j);
  for (const [i, row] of found.entries()) {
    t.deepEqual(zerosOf(row), first);
    const best = bestWithout(fold(tilted, into)[i]!, first);
    t.true(row.every((w, j) => Math.abs(w - best[j]!) < 1e-6));
    t.true(row.some((w, j) => Math.abs(w - fold(tilted, into)[i]![j]!) > 1e-5 && j >= into / 2));
  }
});

test('an input that is always zero loses its weights, and spoils nothing', t => {
  const silent = Float64Array.from(gram.flat(), (sum, k) =>
    k % into === 3 || Math.floor(k / into) === 3 ? 0 : sum,
  );
  const found = fold(sparseGpt(flat, { ...options, gram: silent, ratio: 0.25 }), into);
  for (const row of found) t.is(row[3], 0);
  t.is(found.flat().filter(w => w === 0).length, Math.floor(out * into * 0.25));
  t.true(found.flat().every(Number.isFinite));
  const none = sparseGpt(flat, { ...options, gram: new Float64Array(into * into) });
  t.true(none.every(w => w === 0));
});
