import test from 'ava';
import { createRng } from '../../rng.js';
import { feedsOf, graphOf, operatorCases, relativeError, titleOf } from '../../testing/operator-cases.js';
import { evaluate } from '../evaluate.js';
import { outputOf, sizeOf } from '../graph.js';
import type { Dense } from '../operator.js';
import { allOperators } from './index.js';

/** The formula of a composite, element by element: independent of its expansion. */
type Formula = (inputs: Record<string, Dense>, attributes: Record<string, number>) => Dense[];

/** A tensor from a function of its indices. */
const tensor = (shape: readonly number[], f: (...index: number[]) => number): Dense => ({
  shape,
  data: Float64Array.from({ length: sizeOf(shape) }, (_, at) => {
    const index = shape.map((extent, d) => Math.floor(at / sizeOf(shape.slice(d + 1))) % extent);
    return f(...index);
  }),
});

/** Reads an element by its indices. */
const at = ({ shape, data }: Dense, ...index: number[]): number =>
  data[index.reduce((offset, i, d) => offset * shape[d]! + i, 0)]!;

const sum = (count: number, f: (i: number) => number): number =>
  Array.from({ length: count }, (_, i) => f(i)).reduce((total, x) => total + x, 0);

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** x Wᵀ + b. */
const affine = (x: Dense, w: Dense, b?: Dense): Dense =>
  tensor(
    [x.shape[0]!, w.shape[0]!],
    (t, o) => sum(x.shape[1]!, i => at(x, t, i) * at(w, o, i)) + (b ? at(b, o) : 0),
  );

const formulas: Record<string, Formula> = {
  Linear: ({ x0, x1, x2 }) => [affine(x0!, x1!, x2)],

  LoraLinear: ({ x0, x1, x2, x3, x4 }, { scaling }) => {
    const base = affine(x0!, x1!, x4);
    const u = affine(x0!, x2!);
    const delta = affine(u, x3!);
    return [tensor(base.shape, (t, o) => at(base, t, o) + scaling! * at(delta, t, o)), u];
  },

  RmsNorm: ({ x0, x1 }, { epsilon, count }) => {
    const n = x1!.shape[0]!;
    const rows = x0!.data.length / n;
    const x: Dense = { shape: [rows, n], data: x0!.data };
    const rstd = tensor([rows], r => 1 / Math.sqrt(sum(n, i => at(x, r, i) ** 2) / count! + epsilon!));
    const y = tensor([rows, n], (r, i) => at(x, r, i) * at(rstd, r) * at(x1!, i));
    return [
      { shape: x0!.shape, data: y.data },
      { shape: x0!.shape.with(-1, 1), data: rstd.data },
    ];
  },

  RotaryEmbedding: ({ x0, x1, x2 }) => {
    const half = x1!.shape[1]!;
    return [
      tensor(x0!.shape, (...index) => {
        const [, s, d] = [index[0]!, index[1]!, index.at(-1)!];
        const [cos, sin] = [at(x1!, s, d % half), at(x2!, s, d % half)];
        const partner = at(x0!, ...index.with(-1, (d + half) % (2 * half)));
        return at(x0!, ...index) * cos + (d < half ? -partner : partner) * sin;
      }),
    ];
  },

  CausalAttention: ({ x0, x1, x2, x3, x4 }, { scale, window = 0, block }) => {
    const [batch, length, heads, group, depth] = x0!.shape as [number, number, number, number, number];
    const depthV = x2!.shape[3]!;
    const p = tensor([batch, heads, group * length, length], (b, k, row, j) => {
      const [h, i] = [Math.floor(row / length), row % length];
      const sees = (to: number): boolean =>
        to <= i &&
        (window === 0 || to > i - window) &&
        (!x3 || at(x3, b, to) === at(x3, b, i) || (!!x4 && at(x3, b, to) === at(x4, b, i)));
      const power = (to: number): number =>
        sees(to) ? Math.exp(scale! * sum(depth, d => at(x0!, b, i, k, h, d) * at(x1!, b, to, k, d))) : 0;
      return power(j) / sum(length, power);
    });
    const o = tensor([batch, length, heads, group, depthV], (b, i, k, h, d) =>
      sum(length, j => at(p, b, k, h * length + i, j) * at(x2!, b, j, k, d)),
    );
    const starts = Array.from(
      { length: Math.ceil(length / (block ?? length)) },
      (_, i) => i * (block ?? length),
    );
    const blocks = starts.map(start => {
      const count = Math.min(block ?? length, length - start);
      const from = window === 0 ? 0 : Math.max(0, start - window + 1);
      return tensor([batch, heads, group * count, start + count - from], (b, k, row, j) => {
        const [h, i] = [Math.floor(row / count), row % count];
        return at(p, b, k, h * length + start + i, from + j);
      });
    });
    return [o, ...blocks];
  },

  SiluGate: ({ x0, x1 }) => [
    tensor(x0!.shape, (...index) => at(x0!, ...index) * sigmoid(at(x0!, ...index)) * at(x1!, ...index)),
  ],

  LinearCrossEntropy: ({ x0, x1, x2, x3 }) => {
    const [count, width] = x0!.shape as [number, number];
    const classes = x1!.shape[0]!;
    const logits = affine(x0!, x1!);
    const total = (t: number): number => sum(classes, c => Math.exp(at(logits, t, c)));
    const nll = tensor([count], t => Math.log(total(t)) - at(logits, t, at(x2!, t)));
    const loss = tensor([], () => sum(count, t => at(x3!, t) * at(nll, t)));
    const direction = tensor([count, width], (t, i) => {
      const mean = sum(classes, c => (Math.exp(at(logits, t, c)) / total(t)) * at(x1!, c, i));
      return mean - at(x1!, at(x2!, t), i);
    });
    return [loss, nll, direction];
  },

  LinearDistillation: ({ x0, x1, x2, x3, x4, x5, x6 }) => {
    const [count, width] = x0!.shape as [number, number];
    const classes = x1!.shape[0]!;
    /** Probability of a class by a head. */
    const chance = (logits: Dense, t: number, c: number): number =>
      Math.exp(at(logits, t, c)) / sum(classes, other => Math.exp(at(logits, t, other)));
    const [logits, teacher] = [affine(x0!, x1!), affine(x4!, x5!)];
    const target = (t: number, c: number): number =>
      at(x6!, t) * chance(teacher, t, c) + (1 - at(x6!, t)) * Number(at(x2!, t) === c);
    const mixed = tensor([count], t => -sum(classes, c => target(t, c) * Math.log(chance(logits, t, c))));
    const loss = tensor([], () => sum(count, t => at(x3!, t) * at(mixed, t)));
    const nll = tensor([count], t => -Math.log(chance(logits, t, at(x2!, t))));
    const direction = tensor([count, width], (t, i) =>
      sum(classes, c => (chance(logits, t, c) - target(t, c)) * at(x1!, c, i)),
    );
    return [loss, mixed, nll, direction];
  },

  After: ({ x0 }) => [x0!],
};

test('every composite has a formula', t => {
  const composites = allOperators().filter(({ kind }) => kind === 'composite');
  t.deepEqual(composites.map(({ name }) => name).sort(), Object.keys(formulas).sort());
});

for (const operatorCase of operatorCases.filter(({ op }) => op in formulas))
  test(`${titleOf(operatorCase)}: agrees with its formula`, t => {
    const feeds = feedsOf(operatorCase, createRng(3).fork(titleOf(operatorCase)));
    const graph = graphOf(operatorCase);
    const tensors = evaluate(graph, feeds);
    formulas[operatorCase.op]!(feeds, operatorCase.attributes as Record<string, number>).forEach(
      (expected, i) => {
        const found = tensors.get(outputOf(graph, `y${i}`).name)!;
        t.true(relativeError(found, expected) <= 1e-13, `output ${i}: ${found.data}\n${expected.data}`);
      },
    );
  });

test('large logits do not overflow the cross-entropy', t => {
  const graph = graphOf(operatorCases.find(({ op }) => op === 'LinearCrossEntropy')!);
  const feeds = {
    x0: tensor([4, 3], () => 1000),
    x1: tensor([5, 3], c => c),
    x2: tensor([4], () => 4),
    x3: tensor([4], () => 1),
  };
  t.is(evaluate(graph, feeds).get(outputOf(graph, 'y0').name)!.data[0], 0);
});
