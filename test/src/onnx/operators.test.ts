import test from 'ava';
import { distance } from './models.js';
import { type NodeBench, runBoth } from './node-bench.js';

type Make = (b: NodeBench) => string;

/** Largest difference, relative to the largest number where that is more than 1: onnxruntime adds in float32. */
const error = (ours: Float64Array, theirs: Float32Array): number =>
  distance(ours, theirs) / theirs.reduce((max, x) => Math.max(max, Math.abs(x)), 1);

/** Numbers 0 … 5, [2, 3]. */
const six: Make = b => b.counted([2, 3]);

/** Nodes whose inputs are known. */
const known: Readonly<Record<string, Make>> = {
  'Add, broadcast': b => b.node('Add', [six(b), b.floats([1, 2, 3])]),
  'Sub, Mul': b => b.node('Mul', [b.node('Sub', [six(b), b.floats([2.5], [])]), six(b)]),
  'Div of integers': b => b.node('Div', [b.ints([7, -7, 9]), b.ints([2, 2, -4])]),
  'Div of floats': b => b.node('Div', [six(b), b.floats([3], [])]),
  'Mod has the sign of the divisor': b => b.node('Mod', [b.ints([7, -7, 7]), b.ints([3, 3, -3])]),
  'Mod as in C': b => b.node('Mod', [b.ints([7, -7, 7]), b.ints([3, 3, -3])], { fmod: { int: 1 } }),
  Pow: b => b.node('Pow', [six(b), b.floats([1.5], [])]),
  'Max, Min': b => b.node('Min', [b.node('Max', [six(b), b.floats([2], [])]), b.floats([4], [])]),
  'Neg, Abs, Sign': b => b.node('Add', [b.node('Abs', [b.node('Neg', [six(b)])]), b.node('Sign', [six(b)])]),
  'Floor, Ceil': b => {
    const x = b.node('Mul', [six(b), b.floats([0.7], [])]);
    return b.node('Sub', [b.node('Ceil', [x]), b.node('Floor', [x])]);
  },
  'Sqrt, Exp, Log': b => b.node('Log', [b.node('Exp', [b.node('Sqrt', [six(b)])])]),
  'Reciprocal, Sigmoid': b => b.node('Reciprocal', [b.node('Sigmoid', [six(b)])]),
  'Cos, Sin': b => b.node('Mul', [b.node('Cos', [six(b)]), b.node('Sin', [six(b)])]),
  'Equal, Less, Or': b => {
    const three = b.floats([3], []);
    return b.node('Or', [b.node('Equal', [six(b), three]), b.node('Less', [six(b), b.floats([1], [])])]);
  },
  'LessOrEqual, Greater, And, Not': b => {
    const [low, high] = [b.floats([1], []), b.floats([4], [])];
    const within = b.node('And', [b.node('Greater', [six(b), low]), b.node('LessOrEqual', [six(b), high])]);
    return b.node('Not', [within]);
  },
  'GreaterOrEqual, Xor': b =>
    b.node('Xor', [b.node('GreaterOrEqual', [six(b), b.floats([3], [])]), b.bools([1, 0, 1])]),
  Where: b => b.node('Where', [b.bools([1, 0, 1]), six(b), b.floats([-1], [])]),
  'Cast cuts off': b => b.cast(b.cast(b.node('Sub', [six(b), b.floats([2.6], [])]), 'int64'), 'float'),
  'Cast to bool': b => b.cast(six(b), 'bool'),
  'Reshape with 0 and −1': b => b.node('Reshape', [six(b), b.ints([0, -1, 1])]),
  'Transpose without axes': b => b.node('Transpose', [six(b)]),
  'Transpose of three axes': b => b.node('Transpose', [b.counted([2, 3, 2])], { perm: { ints: [2, 0, 1] } }),
  'Slice backwards': b => b.node('Slice', [six(b), b.ints([-1]), b.ints([-10]), b.ints([1]), b.ints([-2])]),
  'Slice of two axes to the end': b =>
    b.node('Slice', [six(b), b.ints([1, -2]), b.ints([2 ** 40, 2 ** 40]), b.ints([0, -1])]),
  'Concat, Squeeze, Unsqueeze': b => {
    const tall = b.node('Unsqueeze', [six(b), b.ints([-1, 0])]);
    return b.node('Concat', [b.node('Squeeze', [tall]), six(b)], { axis: { int: -1 } });
  },
  'Split, uneven': b => b.nodes('Split', 2, [six(b), b.ints([1, 2])], { axis: { int: 1 } })[1]!,
  'Split, equal': b =>
    b.nodes('Split', 2, [b.counted([2, 5])], { axis: { int: 1 }, num_outputs: { int: 2 } })[1]!,
  'Gather along the last axis': b =>
    b.node('Gather', [six(b), b.ints([-1, 0, 0, 2], [2, 2])], { axis: { int: 1 } }),
  'GatherND of rows and of elements': b => {
    const rows = b.node('GatherND', [six(b), b.ints([1, 0, 1], [3, 1])]);
    const elements = b.node('GatherND', [six(b), b.ints([1, 2, 0, -1], [2, 2])]);
    return b.node('Concat', [b.node('Reshape', [rows, b.ints([-1])]), elements], { axis: { int: 0 } });
  },
  'Tile, Expand': b =>
    b.node('Add', [
      b.node('Tile', [six(b), b.ints([2, 2])]),
      b.node('Expand', [b.counted([1, 6]), b.ints([4, 1])]),
    ]),
  'Trilu, upper and lower': b =>
    b.node('Add', [
      b.node('Trilu', [b.counted([2, 3, 3]), b.ints([1], [])]),
      b.node('Trilu', [b.counted([2, 3, 3]), b.ints([-1], [])], { upper: { int: 0 } }),
    ]),
  'Shape of a part of the text, Size': b => {
    const extents = b.node('Shape', ['x'], { start: { int: -2 } });
    return b.node('Concat', [extents, b.node('Unsqueeze', [b.node('Size', ['x']), b.ints([0])])], {
      axis: { int: 0 },
    });
  },
  ConstantOfShape: b => b.node('ConstantOfShape', [b.ints([2, 3])]),
  'Range downwards': b => b.node('Range', [b.ints([5], []), b.ints([-2], []), b.ints([-3], [])]),
  'CumSum, exclusive and reverse': b =>
    b.node(
      'Concat',
      [
        b.node('CumSum', [six(b), b.ints([1], [])]),
        b.node('CumSum', [six(b), b.ints([0], [])], { exclusive: { int: 1 } }),
        b.node('CumSum', [six(b), b.ints([-1], [])], { reverse: { int: 1 } }),
      ],
      { axis: { int: 0 } },
    ),
  MatMul: b => b.node('MatMul', [b.counted([2, 2, 3]), b.node('Transpose', [six(b)])]),
  'ReduceSum, ReduceMean': b =>
    b.node('Add', [b.node('ReduceSum', [six(b), b.ints([0])]), b.node('ReduceMean', [six(b), b.ints([-1])])]),
  'ReduceMax, ReduceMin, ReduceProd without axes kept': b => {
    const dropped = { keepdims: { int: 0 } };
    const parts = ['ReduceMax', 'ReduceMin', 'ReduceProd'].map(op =>
      b.node(op, [six(b), b.ints([1])], dropped),
    );
    return b.node('Concat', parts, { axis: { int: 0 } });
  },
  'the number of tokens, as a rounded half': b => {
    const length = b.cast(b.node('Shape', ['input_ids']), 'float');
    return b.cast(b.node('Mul', [length, b.floats([0.5], [])]), 'int64');
  },
};

for (const [title, make] of Object.entries(known))
  test(`known: ${title}`, async t => {
    const { graph, ours, theirs } = await runBoth(t, make);
    t.true(graph.nodes.length <= 5, 'all else is computed');
    t.true(error(ours, theirs) <= 1e-6, `${error(ours, theirs)}`);
  });

const last = (b: NodeBench): string => b.ints([2]);

/** Nodes that depend on the text: `x` is [2, 3, 4]. */
const live: Readonly<Record<string, Make>> = {
  'Add, Sub, Mul, Div': b => {
    const shifted = b.node('Add', [b.node('Mul', ['x', 'x']), b.floats([1, 2, 3, 4])]);
    return b.node('Div', [b.node('Sub', ['x', b.floats([0.5], [])]), shifted]);
  },
  'Neg, Exp, Sigmoid, Tanh': b =>
    b.node('Tanh', [b.node('Sigmoid', [b.node('Exp', [b.node('Neg', ['x'])])])]),
  'Pow of 2, 3 and 0.5': b => {
    const square = b.node('Pow', ['x', b.floats([2], [])]);
    const root = b.node('Pow', [square, b.floats([0.5], [])]);
    return b.node('Add', [root, b.node('Pow', ['x', b.ints([3], [1])])]);
  },
  'Log, Sqrt, Reciprocal': b => {
    const above = b.node('Add', [b.node('Mul', ['x', 'x']), b.floats([1], [])]);
    return b.node('Log', [b.node('Sqrt', [b.node('Reciprocal', [above])])]);
  },
  'Where with a number elsewhere': b => b.node('Where', [b.bools([1, 0, 0, 1]), 'x', b.floats([-3], [])]),
  'Where of two': b => b.node('Where', [b.bools([1, 0, 1], [3, 1]), 'x', b.node('Neg', ['x'])]),
  'Where of all, broadcast': b => b.node('Where', [b.bools([1], [1, 1, 1, 1]), 'x', b.floats([-3], [])]),
  'masks of infinity': b => {
    const mask = b.node('Where', [b.bools([1, 0, 1, 1]), b.floats([0], []), b.floats([-Infinity], [])]);
    return b.node('Softmax', [b.node('Add', ['x', mask])]);
  },
  'a guard against rows without numbers': b => {
    const p = b.node('Softmax', ['x'], { axis: { int: 2 } });
    return b.node('Where', [b.node('IsNaN', [p]), b.floats([0], []), p]);
  },
  'Cast, Identity, Dropout': b => b.node('Dropout', [b.node('Identity', [b.cast('x', 'double')])]),
  'Transpose, Reshape': b => {
    const turned = b.node('Transpose', ['x'], { perm: { ints: [2, 0, 1] } });
    return b.node('Reshape', [turned, b.ints([0, -1])]);
  },
  'Reshape by the shape of the text': b => {
    const ones = b.node('Concat', [b.node('Shape', ['input_ids']), b.ints([2, -1])], { axis: { int: 0 } });
    return b.node('Reshape', ['x', ones]);
  },
  'Squeeze, Unsqueeze, Flatten': b => {
    const tall = b.node('Unsqueeze', ['x', b.ints([0, -1])]);
    return b.node('Flatten', [b.node('Squeeze', [tall, b.ints([0])])], { axis: { int: 2 } });
  },
  'Expand, Concat': b =>
    b.node(
      'Concat',
      [
        b.node('Expand', [b.node('Unsqueeze', ['x', b.ints([1])]), b.ints([1, 2, 1, 1])]),
        b.node('Unsqueeze', ['x', b.ints([1])]),
      ],
      {
        axis: { int: 1 },
      },
    ),
  'Concat with a past of no tokens': b =>
    b.node('Concat', [b.node('ConstantOfShape', [b.ints([2, 0, 4])]), 'x'], { axis: { int: 1 } }),
  'Slice of two axes': b => b.node('Slice', ['x', b.ints([1, -3]), b.ints([3, -1]), b.ints([1, 2])]),
  Split: b => {
    const parts = b.nodes('Split', 2, ['x'], { axis: { int: -1 }, num_outputs: { int: 2 } });
    return b.node('Sub', [parts[1]!, parts[0]!]);
  },
  'Gather of one place and of a run': b => {
    const one = b.node('Gather', ['x', b.ints([-1], [])], { axis: { int: 1 } });
    const run = b.node('Gather', ['x', b.ints([1, 2])], { axis: { int: 2 } });
    return b.node(
      'Concat',
      [b.node('Reshape', [one, b.ints([-1])]), b.node('Reshape', [run, b.ints([-1])])],
      {
        axis: { int: 0 },
      },
    );
  },
  'ReduceSum, ReduceMean, ReduceMax': b =>
    b.node('Add', [
      b.node('Mul', [b.node('ReduceSum', ['x', last(b)]), b.node('ReduceMean', ['x', last(b)])]),
      b.node('ReduceMax', ['x', b.ints([-1])]),
    ]),
  'ReduceMean over everything': b => b.node('ReduceMean', ['x'], { keepdims: { int: 0 } }),
  'MatMul by a weight': b => b.node('MatMul', ['x', b.weight('w', [4, 3])]),
  'MatMul by a transposed weight': b =>
    b.node('MatMul', ['x', b.node('Transpose', [b.weight('w', [3, 4])], { perm: { ints: [1, 0] } })]),
  'MatMul of two': b => b.node('MatMul', ['x', b.node('Transpose', ['x'], { perm: { ints: [0, 2, 1] } })]),
  'Gemm, plain and scaled': b => {
    const rows = b.node('Reshape', ['x', b.ints([-1, 4])]);
    const plain = b.node('Gemm', [rows, b.weight('w', [4, 3]), b.weight('bias', [3])], {
      alpha: { float: 0.5 },
      beta: { float: 2 },
    });
    return b.node('Gemm', [plain, b.weight('v', [3, 6])], { transA: { int: 0 }, transB: { int: 0 } });
  },
  'Gemm as a linear layer': b =>
    b.node(
      'Gemm',
      [b.node('Reshape', ['x', b.ints([-1, 4])]), b.weight('w', [3, 4]), b.weight('bias', [3])],
      {
        transB: { int: 1 },
      },
    ),
  LayerNormalization: b =>
    b.node('LayerNormalization', ['x', b.weight('scale', [4]), b.weight('bias', [4])], {
      epsilon: { float: 1e-3 },
    }),
  SimplifiedLayerNormalization: b =>
    b.node('SimplifiedLayerNormalization', ['x', b.weight('scale', [4])], { epsilon: { float: 1e-3 } }),
  SkipSimplifiedLayerNormalization: b => {
    const [y, , , sum] = b.nodes(
      'SkipSimplifiedLayerNormalization',
      4,
      ['x', b.node('Neg', [b.node('Mul', ['x', 'x'])]), b.weight('scale', [4])],
      { epsilon: { float: 1e-3 } },
      'com.microsoft',
    );
    return b.node('Add', [y!, sum!]);
  },
  QuickGelu: b => b.node('QuickGelu', ['x'], { alpha: { float: 1.7 } }, 'com.microsoft'),
};

for (const [title, make] of Object.entries(live))
  test(`of the text: ${title}`, async t => {
    const { ours, theirs } = await runBoth(t, make);
    t.true(theirs.every(Number.isFinite));
    t.true(error(ours, theirs) <= 1e-6, `${error(ours, theirs)}`);
  });
