import test from 'ava';
import type { Attributes, Shape, Value } from '../graph.js';
import { sizeOf } from '../graph.js';
import type { Dense, Primitive } from '../operator.js';
import { allOperators, operatorOf } from './index.js';

/** A tensor that counts 1, 2, 3, ... when no elements are given. */
const dense = (shape: Shape, ...elements: number[]): Dense => ({
  shape,
  data: Float64Array.from({ length: sizeOf(shape) }, (_, i) => elements[i] ?? i + 1),
});

/** What an operator must give, small enough to be checked by eye. */
const examples: [op: string, inputs: Dense[], attributes: Attributes, shape: Shape, elements: number[]][] = [
  ['Add', [dense([2, 2]), dense([2], 10, 20)], {}, [2, 2], [11, 22, 13, 24]],
  ['Sub', [dense([2, 1]), dense([2], 10, 20)], {}, [2, 2], [-9, -19, -8, -18]],
  ['Mul', [dense([2, 2]), dense([], 3)], {}, [2, 2], [3, 6, 9, 12]],
  ['Div', [dense([3]), dense([1], 2)], {}, [3], [0.5, 1, 1.5]],
  ['Neg', [dense([2])], {}, [2], [-1, -2]],
  ['Sqrt', [dense([2], 4, 9)], {}, [2], [2, 3]],
  ['Reciprocal', [dense([2], 4, -2)], {}, [2], [0.25, -0.5]],
  ['Exp', [dense([2], 0, 1)], {}, [2], [1, Math.E]],
  ['Log', [dense([2], 1, Math.E)], {}, [2], [0, 1]],
  ['Sigmoid', [dense([2], 0, Math.log(3))], {}, [2], [0.5, 0.75]],
  ['MatMul', [dense([2, 2]), dense([2, 2])], {}, [2, 2], [7, 10, 15, 22]],
  ['MatMul', [dense([2, 1, 2]), dense([2, 1])], {}, [2, 1, 1], [5, 11]],
  ['Gemm', [dense([2, 1]), dense([2, 1])], { transA: true }, [1, 1], [5]],
  ['Gemm', [dense([2, 1]), dense([2, 1]), dense([2])], { transB: true, alpha: 2 }, [2, 2], [3, 6, 5, 10]],
  ['Transpose', [dense([2, 3])], { perm: [1, 0] }, [3, 2], [1, 4, 2, 5, 3, 6]],
  ['Transpose', [dense([2, 1, 3])], { perm: [2, 0, 1] }, [3, 2, 1], [1, 4, 2, 5, 3, 6]],
  ['Reshape', [dense([2, 3])], { shape: [3, 2] }, [3, 2], [1, 2, 3, 4, 5, 6]],
  ['Expand', [dense([2, 1])], { shape: [2, 2, 2] }, [2, 2, 2], [1, 1, 2, 2, 1, 1, 2, 2]],
  ['Concat', [dense([2, 1]), dense([2, 2], 7, 8, 9, 10)], { axis: 1 }, [2, 3], [1, 7, 8, 2, 9, 10]],
  ['Slice', [dense([2, 3])], { axis: 1, start: 1, end: 3 }, [2, 2], [2, 3, 5, 6]],
  ['Gather', [dense([3, 2]), dense([1, 2], 2, 0)], {}, [1, 2, 2], [5, 6, 1, 2]],
  ['OneHot', [dense([2], 2, 0)], { depth: 3 }, [2, 3], [0, 0, 1, 1, 0, 0]],
  ['ReduceSum', [dense([2, 3])], { axes: [0], keepdims: false }, [3], [5, 7, 9]],
  ['ReduceSum', [dense([2, 2, 2])], { axes: [0, 2], keepdims: true }, [1, 2, 1], [14, 22]],
  ['ReduceMean', [dense([2, 3])], { axes: [1], keepdims: true }, [2, 1], [2, 5]],
  ['ReduceMax', [dense([2, 2], -3, -4, 8, 9)], { axes: [1], keepdims: false }, [2], [-3, 9]],
  ['Softmax', [dense([2, 2], 0, Math.log(3), 1000, 1000)], { axis: 1 }, [2, 2], [0.25, 0.75, 0.5, 0.5]],
];

for (const [op, inputs, attributes, shape, elements] of examples)
  test(`${op} of ${inputs.map(input => `[${input.shape}]`).join(' and ')} ${JSON.stringify(attributes)}`, t => {
    const operator = operatorOf(op) as Primitive;
    const dtype = (i: number): Value['dtype'] =>
      op === 'OneHot' || (op === 'Gather' && i === 1) ? 'int64' : 'float';
    const values = inputs.map((input, i): Value => ({ name: `x${i}`, dtype: dtype(i), shape: input.shape }));
    const outputs = operator.infer(values, attributes).map((type, i): Value => ({ name: `y${i}`, ...type }));
    t.deepEqual(
      outputs.map(output => output.shape),
      [shape],
    );
    const [found] = operator.evaluate(inputs, attributes, outputs);
    t.deepEqual(found!.shape, shape);
    found!.data.forEach((element, i) => {
      t.true(Math.abs(element - elements[i]!) < 1e-15 * Math.abs(elements[i]!) + 1e-15, `${found!.data}`);
    });
    t.is(found!.data.length, elements.length);
  });

test('every primitive has an example', t => {
  const shown = new Set(examples.map(([op]) => op));
  const primitives = allOperators().filter(({ kind }) => kind === 'primitive');
  t.deepEqual(
    primitives.map(({ name }) => name).filter(name => !shown.has(name)),
    [],
  );
});
