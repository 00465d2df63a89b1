import { GraphBuilder } from '../graph/builder.js';
import { type Attributes, type Graph, type Shape, sizeOf } from '../graph/graph.js';
import type { Dense } from '../graph/operator.js';
import type { Rng } from '../rng.js';

export { relativeError } from '../graph/relative-error.js';

/** An input of a case: its shape and what its elements are drawn from. */
export interface CaseInput {
  readonly shape: Shape;
  /** Ids are uniform below this bound; without it the input is float. */
  readonly ids?: number;
  /** Uniform in [0.5, 1.5) instead of standard normal. */
  readonly positive?: boolean;
  /** Whole numbers below this bound, held as float. */
  readonly whole?: number;
}

/** One application of an operator, small enough for differences in every element. */
export interface OperatorCase {
  readonly op: string;
  readonly about: string;
  readonly inputs: readonly (CaseInput | undefined)[];
  readonly attributes: Attributes;
  /** Float inputs that get no gradient. */
  readonly fixed?: readonly number[];
  /** Outputs that are only saved. */
  readonly saved?: readonly number[];
}

const of = (...shape: number[]): CaseInput => ({ shape });
const positive = (...shape: number[]): CaseInput => ({ shape, positive: true });
const ids = (bound: number, ...shape: number[]): CaseInput => ({ shape, ids: bound });
const whole = (bound: number, ...shape: number[]): CaseInput => ({ shape, whole: bound });

const binaries = (second: typeof of): [about: string, inputs: CaseInput[]][] => [
  ['equal shapes', [of(2, 3), second(2, 3)]],
  ['second broadcast along a leading axis', [of(2, 3), second(3)]],
  ['first broadcast along an axis of 1', [of(2, 1), second(2, 3)]],
  ['both broadcast', [of(4, 1, 3), second(2, 1)]],
  ['scalar', [of(2, 3), second()]],
];

const gemms: [about: string, inputs: CaseInput[], attributes: Attributes][] = [
  ['plain', [of(2, 3), of(3, 4)], {}],
  ['first transposed', [of(3, 2), of(3, 4)], { transA: true }],
  ['second transposed, scaled', [of(2, 3), of(4, 3)], { transB: true, alpha: 0.3 }],
  ['both transposed, scaled', [of(3, 2), of(4, 3)], { transA: true, transB: true, alpha: -2 }],
  ['bias per column', [of(2, 3), of(3, 4), of(4)], { alpha: 0.5 }],
  ['bias per row', [of(2, 3), of(3, 4), of(2, 1)], {}],
  ['bias of the whole shape', [of(2, 3), of(3, 4), of(2, 4)], {}],
];

const reductions: [about: string, input: CaseInput, attributes: Attributes][] = [
  ['last axis kept', of(2, 3, 4), { axes: [2], keepdims: true }],
  ['first axis dropped', of(2, 3, 4), { axes: [0], keepdims: false }],
  ['two axes dropped', of(2, 3, 4), { axes: [2, 0], keepdims: false }],
  ['everything', of(2, 3), { axes: [0, 1], keepdims: false }],
];

/** q, k, v for batch 2, the sequence, and the heads. */
const attention = (length: number, heads: number, group: number): CaseInput[] => [
  of(2, length, heads, group, 4),
  of(2, length, heads, 4),
  of(2, length, heads, 3),
];

/** At least one case for every operator. */
export const operatorCases: readonly OperatorCase[] = [
  ...['Add', 'Sub', 'Mul'].flatMap(op =>
    binaries(of).map(([about, inputs]) => ({ op, about, inputs, attributes: {} })),
  ),
  ...binaries(positive).map(([about, inputs]) => ({ op: 'Div', about, inputs, attributes: {} })),
  ...['Neg', 'Exp', 'Sigmoid'].map(op => ({ op, about: 'matrix', inputs: [of(2, 3)], attributes: {} })),
  ...['Sqrt', 'Reciprocal', 'Log'].map(op => ({
    op,
    about: 'of positive numbers',
    inputs: [positive(2, 3)],
    attributes: {},
  })),
  { op: 'MatMul', about: 'matrices', inputs: [of(2, 3), of(3, 4)], attributes: {} },
  { op: 'MatMul', about: 'batch', inputs: [of(2, 2, 3), of(2, 3, 4)], attributes: {} },
  { op: 'MatMul', about: 'batch against one', inputs: [of(2, 3, 2, 3), of(2, 1, 3, 4)], attributes: {} },
  { op: 'MatMul', about: 'matrix against batch', inputs: [of(2, 3), of(5, 3, 4)], attributes: {} },
  ...gemms.map(([about, inputs, attributes]) => ({ op: 'Gemm', about, inputs, attributes })),
  { op: 'Transpose', about: 'cycle of three', inputs: [of(2, 3, 4)], attributes: { perm: [1, 2, 0] } },
  { op: 'Reshape', about: 'split and merge', inputs: [of(4, 6)], attributes: { shape: [2, 4, 3] } },
  { op: 'Reshape', about: 'scalar to matrix', inputs: [of()], attributes: { shape: [1, 1] } },
  { op: 'Expand', about: 'axis of 1 and new axis', inputs: [of(3, 1)], attributes: { shape: [2, 3, 4] } },
  { op: 'Expand', about: 'scalar', inputs: [of()], attributes: { shape: [2, 2] } },
  { op: 'Concat', about: 'last axis', inputs: [of(2, 3), of(2, 1), of(2, 2)], attributes: { axis: 1 } },
  { op: 'Concat', about: 'first axis', inputs: [of(1, 3), of(2, 3)], attributes: { axis: 0 } },
  { op: 'Slice', about: 'middle', inputs: [of(2, 5, 2)], attributes: { axis: 1, start: 1, end: 4 } },
  { op: 'Slice', about: 'head', inputs: [of(4, 2)], attributes: { axis: 0, start: 0, end: 2 } },
  { op: 'Slice', about: 'tail', inputs: [of(4, 3)], attributes: { axis: 1, start: 1, end: 3 } },
  { op: 'Gather', about: 'rows, some twice', inputs: [of(3, 4), ids(3, 2, 4)], attributes: {} },
  { op: 'Gather', about: 'elements', inputs: [of(5), ids(5, 3)], attributes: {} },
  { op: 'OneHot', about: 'ids', inputs: [ids(4, 2, 3)], attributes: { depth: 4 } },
  ...['ReduceSum', 'ReduceMean', 'ReduceMax'].flatMap(op =>
    reductions.map(([about, input, attributes]) => ({ op, about, inputs: [input], attributes })),
  ),
  { op: 'Softmax', about: 'last axis', inputs: [of(2, 3, 4)], attributes: { axis: 2 } },

  { op: 'Linear', about: 'without bias', inputs: [of(3, 4), of(5, 4)], attributes: {} },
  { op: 'Linear', about: 'with bias', inputs: [of(3, 4), of(5, 4), of(5)], attributes: {} },
  ...[undefined, of(5)].map(bias => ({
    op: 'LoraLinear',
    about: bias ? 'with bias' : 'without bias',
    inputs: [of(3, 4), of(5, 4), of(2, 4), of(5, 2), bias],
    attributes: { scaling: 1.5 },
    saved: [1],
  })),
  {
    op: 'RmsNorm',
    about: 'rows',
    inputs: [of(3, 4), of(4)],
    attributes: { epsilon: 1e-3, count: 4 },
    saved: [1],
  },
  {
    op: 'RmsNorm',
    about: 'heads, with the count of before the cut',
    inputs: [of(2, 2, 3, 4), of(4)],
    attributes: { epsilon: 1e-3, count: 6 },
    saved: [1],
  },
  ...[of(2, 3, 4), of(2, 3, 2, 2, 6)].map(x => ({
    op: 'RotaryEmbedding',
    about: `rank ${x.shape.length}`,
    inputs: [x, of(3, x.shape.at(-1)! / 2), of(3, x.shape.at(-1)! / 2)],
    attributes: {},
    fixed: [1, 2],
  })),
  ...(
    [
      ['multi-head', attention(3, 2, 1), { scale: 0.5 }],
      ['multi-query', attention(3, 1, 2), { scale: 0.5 }],
      ['grouped queries', attention(3, 2, 2), { scale: 0.5 }],
      ['one head', attention(3, 1, 1), { scale: 0.5 }],
      ['window of 2', attention(4, 2, 2), { scale: 0.7, window: 2 }],
      ['blocks of 2', attention(5, 2, 2), { scale: 0.5, block: 2 }],
      ['blocks of 2, window of 3', attention(7, 1, 2), { scale: 0.7, window: 3, block: 2 }],
      ['documents', [...attention(6, 2, 2), whole(3, 2, 6)], { scale: 0.5 }],
      [
        'documents, blocks of 2, window of 3',
        [...attention(7, 1, 2), whole(2, 2, 7)],
        { scale: 0.5, window: 3, block: 2 },
      ],
      ['trunks', [...attention(6, 2, 2), whole(3, 2, 6), whole(3, 2, 6)], { scale: 0.5 }],
      [
        'trunks, blocks of 2',
        [...attention(7, 1, 2), whole(3, 2, 7), whole(3, 2, 7)],
        { scale: 0.5, block: 2 },
      ],
    ] as const
  ).map(([about, inputs, attributes]) => {
    const length = inputs[0]!.shape[1]!;
    const blocks = 'block' in attributes ? Math.ceil(length / attributes.block) : 1;
    const saved = Array.from({ length: blocks }, (_, i) => i + 1);
    return { op: 'CausalAttention', about, inputs, attributes, fixed: [3, 4], saved };
  }),
  { op: 'SiluGate', about: 'rows', inputs: [of(3, 4), of(3, 4)], attributes: {} },
  {
    op: 'LinearCrossEntropy',
    about: 'five classes',
    inputs: [of(4, 3), of(5, 3), ids(5, 4), positive(4)],
    attributes: {},
    saved: [2],
  },
  {
    op: 'LinearDistillation',
    about: 'five classes, a wider teacher',
    inputs: [of(4, 3), of(5, 3), ids(5, 4), positive(4), of(4, 6), of(5, 6), of(4)],
    attributes: {},
    fixed: [4, 5, 6],
    saved: [2, 3],
  },
  {
    op: 'After',
    about: 'a matrix of another shape',
    inputs: [of(2, 3), of(4, 1)],
    attributes: {},
    fixed: [1],
  },
];

/** What a case is called in the list of tests. */
export const titleOf = ({ op, about }: OperatorCase): string => `${op}: ${about}`;

/** A graph of one node: inputs `x0`, `x1`, ... and outputs `y0`, `y1`, ... */
export const graphOf = ({ op, inputs, attributes }: OperatorCase): Graph => {
  const g = new GraphBuilder();
  const values = inputs.map(
    (input, i) => input && g.input(`x${i}`, input.shape, input.ids ? 'int64' : 'float'),
  );
  g.apply(op, values, attributes).forEach((output, i) => {
    g.output(`y${i}`, output);
  });
  return g.build();
};

export const randomDense = (rng: Rng, { shape, positive: above, ...input }: CaseInput): Dense => {
  const bound = input.ids ?? input.whole;
  const draw = (): number => (bound ? rng.integer(bound) : above ? 0.5 + rng.next() : rng.normal());
  return { shape, data: Float64Array.from({ length: sizeOf(shape) }, draw) };
};

/** Random inputs of a case, by name. */
export const feedsOf = ({ inputs }: OperatorCase, rng: Rng): Record<string, Dense> =>
  Object.fromEntries(inputs.flatMap((input, i) => (input ? [[`x${i}`, randomDense(rng, input)]] : [])));

/** d f / d feed by central differences: (f(x + ε) − f(x − ε)) / 2ε for every element. */
export const centralDifferences = (feed: Dense, f: (feed: Dense) => number, epsilon = 1e-5): Dense => ({
  shape: feed.shape,
  data: feed.data.map((x, i) => {
    const at = (value: number): number => f({ shape: feed.shape, data: feed.data.with(i, value) });
    return (at(x + epsilon) - at(x - epsilon)) / (2 * epsilon);
  }),
});
