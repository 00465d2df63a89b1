import test from 'ava';
import { createRng } from '../../rng.js';
import { feedsOf, graphOf, operatorCases, relativeError, titleOf } from '../../testing/operator-cases.js';
import { evaluate } from '../evaluate.js';
import { type Graph, type Node, type Shape, type Value, valueNamed } from '../graph.js';
import type { Axis, CouplingContext, Dense, Primitive } from '../operator.js';
import { operatorOf } from './index.js';
import { readStrided, stridesOf } from './strided.js';

/** What a rule said of one node. Axes are written `x0[1]`. */
interface Said {
  /** Axes that are one, by union of all ties. */
  readonly classes: readonly (readonly string[])[];
  readonly frozen: ReadonlySet<string>;
  readonly contracted: readonly (readonly string[])[];
  readonly normalised: readonly string[];
  readonly batch: readonly string[];
  readonly repeated: readonly string[];
  readonly sums: readonly (readonly [whole: string, parts: readonly string[]])[];
  readonly products: readonly (readonly [whole: readonly string[], parts: readonly string[]])[];
}

const written = ({ value, axis }: Axis): string => `${value}[${axis}]`;

/** Runs the coupling rule of the only node of a graph. */
const listen = (graph: Graph): Said => {
  const node = graph.nodes[0]!;
  const values = (names: readonly string[]): Value[] => names.map(name => valueNamed(graph, name));
  let classes = [...values(node.inputs), ...values(node.outputs)].flatMap(({ name, shape }) =>
    shape.map((_, axis) => [written({ value: name, axis })]),
  );
  const said = {
    frozen: new Set<string>(),
    contracted: [] as string[][],
    normalised: [] as string[],
    batch: [] as string[],
    repeated: [] as string[],
    sums: [] as [string, string[]][],
    products: [] as [string[], string[]][],
  };
  const context: CouplingContext = {
    inputs: values(node.inputs),
    outputs: values(node.outputs),
    attributes: node.attributes,
    input: (i, axis) => ({ value: node.inputs[i]!, axis }),
    output: (i, axis) => ({ value: node.outputs[i]!, axis }),
    tie: (a, b) => {
      const joined = classes.filter(all => all.includes(written(a)) || all.includes(written(b)));
      classes = [...classes.filter(all => !joined.includes(all)), joined.flat()];
    },
    tieProduct: (whole, parts) => void said.products.push([whole.map(written), parts.map(written)]),
    tieSum: (whole, parts) => void said.sums.push([written(whole), parts.map(written)]),
    fresh: extent => ({ value: 'dropped', axis: extent }),
    contract: (...axes) => void said.contracted.push(axes.map(written)),
    batch: axis => void said.batch.push(written(axis)),
    repeat: axis => void said.repeated.push(written(axis)),
    normalise: axis => void said.normalised.push(written(axis)),
    freeze: axis => void said.frozen.add(written(axis)),
  };
  (operatorOf(node.op) as Primitive).couple!(context);
  return { classes, ...said };
};

/** Axes of one value in a class. */
const axesIn = (all: readonly string[], name: string): number[] =>
  all.filter(axis => axis.startsWith(`${name}[`)).map(axis => Number(axis.slice(name.length + 1, -1)));

/** The tensor without one index of an axis. */
const without = ({ shape, data }: Dense, axis: number, index: number): Dense => {
  const strides = stridesOf(shape);
  return {
    shape: shape.with(axis, shape[axis]! - 1),
    data: data.filter((_, at) => Math.floor(at / strides[axis]!) % shape[axis]! !== index),
  };
};

/** The tensor with zeros at one index of an axis. */
const zeroed = ({ shape, data }: Dense, axis: number, index: number): Dense => {
  const strides = stridesOf(shape);
  return {
    shape,
    data: data.map((x, at) => (Math.floor(at / strides[axis]!) % shape[axis]! === index ? 0 : x)),
  };
};

/** The elements at one index of an axis. */
const at = ({ shape, data }: Dense, axis: number, index: number): Float64Array => {
  const strides = stridesOf(shape);
  return readStrided(data, shape.with(axis, 1), strides, index * strides[axis]!);
};

const cutShape = (shape: Shape, axes: readonly number[]): Shape =>
  shape.map((extent, axis) => (axes.includes(axis) ? extent - 1 : extent));

/** The graph of one node with one index less on some axes. */
const cutGraph = (graph: Graph, all: readonly string[], index: number): Graph => {
  const cut = new Map(
    [...graph.values].map(([name, value]) => [
      name,
      { ...value, shape: cutShape(value.shape, axesIn(all, name)) },
    ]),
  );
  const node = graph.nodes[0]!;
  const operator = operatorOf(node.op);
  const inputs = node.inputs.map(name => cut.get(name));
  const resized: Node = {
    ...node,
    attributes:
      operator.resize?.(node.attributes, {
        inputs,
        outputs: node.outputs.map(name => cut.get(name)!),
        position: (input, axis, offset) =>
          axesIn(all, node.inputs[input]!).includes(axis) && index < offset ? offset - 1 : offset,
      }) ?? node.attributes,
  };
  const [type] = operator.infer(inputs, resized.attributes);
  return {
    ...graph,
    nodes: [resized],
    values: cut.set(node.outputs[0]!, { name: node.outputs[0]!, ...type! }),
  };
};

const primitiveCases = operatorCases.filter(({ op }) => operatorOf(op).kind === 'primitive');

for (const operatorCase of primitiveCases) {
  const graph = graphOf(operatorCase);
  const node = graph.nodes[0]!;
  const output = node.outputs[0]!;
  const feeds = feedsOf(operatorCase, createRng(4).fork(titleOf(operatorCase)));
  const said = listen(graph);
  const composed = new Set([...said.sums.flat(2), ...said.products.flat(2)]);
  const extentOf = (axis: string): number => {
    const [name, index] = axis.slice(0, -1).split('[') as [string, string];
    return valueNamed(graph, name).shape[Number(index)]!;
  };
  const removable = said.classes.filter(
    all => extentOf(all[0]!) > 1 && !all.some(axis => said.frozen.has(axis) || composed.has(axis)),
  );

  for (const all of removable) {
    const index = extentOf(all[0]!) - 2;

    test(`${titleOf(operatorCase)}: an index cut from ${all.join(' = ')} is cut, not changed, in the output`, t => {
      const whole = { ...feeds };
      // a sum is exact where one of its operands is zero: the first, by choice
      for (const [summed] of said.contracted)
        if (all.includes(summed!)) {
          const name = summed!.split('[')[0]!;
          whole[name] = zeroed(whole[name]!, axesIn([summed!], name)[0]!, index);
        }
      const cut = Object.fromEntries(
        Object.entries(whole).map(([name, feed]) => [
          name,
          axesIn(all, name).reduce((tensor, axis) => without(tensor, axis, index), feed),
        ]),
      );
      const expected = axesIn(all, output).reduce(
        (tensor, axis) => without(tensor, axis, index),
        evaluate(graph, whole).get(output)!,
      );
      const found = evaluate(cutGraph(graph, all, index), cut).get(output)!;
      t.true(relativeError(found, expected) <= 1e-14, `[${found.shape}] ${found.data}\n${expected.data}`);
    });

    const [axis] = axesIn(all, output);
    const having = node.inputs.filter(
      name => axesIn(all, name).length > 0 && valueNamed(graph, name).dtype === 'float',
    );
    if (axis !== undefined)
      for (let subset = 0; subset < 1 << having.length; subset++) {
        const zeros = having.filter((_, i) => subset & (1 << i));
        test(`${titleOf(operatorCase)}: the zero rule along ${written({ value: output, axis })} with zeros in ${zeros.join(', ') || 'nothing'}`, t => {
          const fed = Object.fromEntries(
            Object.entries(feeds).map(([name, feed]) => [
              name,
              zeros.includes(name) ? zeroed(feed, axesIn(all, name)[0]!, index) : feed,
            ]),
          );
          const found = at(evaluate(graph, fed).get(output)!, axis, index);
          const rule = (operatorOf(node.op) as Primitive).zero(node.inputs.map(name => zeros.includes(name)));
          t.is(
            rule,
            found.every(element => element === 0),
            `${found}`,
          );
        });
      }
  }

  test(`${titleOf(operatorCase)}: the rule speaks of every axis`, t => {
    const mentioned = new Set([
      ...said.classes.filter(all => all.length > 1).flat(),
      ...said.frozen,
      ...said.contracted.flat(),
      ...composed,
    ]);
    const silent = node.inputs.flatMap(name =>
      valueNamed(graph, name).shape.flatMap((extent, axis) =>
        extent === 1 || mentioned.has(`${name}[${axis}]`) ? [] : [`${name}[${axis}]`],
      ),
    );
    t.deepEqual(silent, []);
  });
}

const saidOf = (op: string, about: string): Said =>
  listen(graphOf(operatorCases.find(operatorCase => titleOf(operatorCase) === `${op}: ${about}`)!));

test('Reshape is a product of all axes on both sides', t => {
  t.deepEqual(saidOf('Reshape', 'split and merge').products, [
    [
      ['x0[0]', 'x0[1]'],
      ['Reshape[0]', 'Reshape[1]', 'Reshape[2]'],
    ],
  ]);
});

test('Concat is a sum along its axis', t => {
  t.deepEqual(saidOf('Concat', 'last axis').sums, [['Concat[1]', ['x0[1]', 'x1[1]', 'x2[1]']]]);
});

test('Slice is a sum of what it drops and what it keeps, without empty parts', t => {
  // the extent of a dropped part stands where its axis would
  t.deepEqual(saidOf('Slice', 'middle').sums, [['x0[1]', ['dropped[1]', 'Slice[1]', 'dropped[1]']]]);
  t.deepEqual(saidOf('Slice', 'head').sums, [['x0[0]', ['Slice[0]', 'dropped[2]']]]);
  t.deepEqual(saidOf('Slice', 'tail').sums, [['x0[1]', ['dropped[1]', 'Slice[1]']]]);
});

test('Slice follows its run when indices before and inside of it are cut', t => {
  const survivors = [0, 2, 4];
  const attributes = operatorOf('Slice').resize!(
    { axis: 1, start: 1, end: 4 },
    {
      inputs: [],
      outputs: [],
      position: (_, axis, offset) => (axis === 1 ? survivors.filter(index => index < offset).length : -1),
    },
  );
  t.deepEqual(attributes, { axis: 1, start: 1, end: 2 });
});

test('MatMul names its batch axes, where there is more than one', t => {
  t.deepEqual(saidOf('MatMul', 'batch against one').batch, ['MatMul[0]', 'MatMul[1]']);
  t.deepEqual(saidOf('MatMul', 'matrices').batch, []);
});

test('products contract their inner axes', t => {
  t.deepEqual(saidOf('MatMul', 'matrix against batch').contracted, [['x0[1]', 'x1[1]']]);
  t.deepEqual(saidOf('Gemm', 'both transposed, scaled').contracted, [['x0[0]', 'x1[1]']]);
});

test('ReduceSum normalises only when it says so', t => {
  const sum = operatorCases.find(({ op, about }) => op === 'ReduceSum' && about === 'last axis kept')!;
  t.deepEqual(listen(graphOf(sum)).normalised, []);
  const marked = graphOf({ ...sum, attributes: { ...sum.attributes, normalises: true } });
  t.deepEqual(listen(marked).normalised, ['x0[2]']);
});

test('lookups, softmax, means and maxima freeze what they run over', t => {
  const frozen = (op: string, about: string): string[] => [...saidOf(op, about).frozen];
  t.deepEqual(frozen('Gather', 'rows, some twice'), ['x0[0]']);
  t.deepEqual(frozen('OneHot', 'ids'), ['OneHot[2]']);
  t.deepEqual(frozen('Softmax', 'last axis'), ['x0[2]']);
  t.deepEqual(frozen('ReduceMean', 'first axis dropped'), ['x0[0]']);
  t.deepEqual(frozen('ReduceMax', 'two axes dropped'), ['x0[0]', 'x0[2]']);
});

test('Expand repeats along axes of 1 and along new ones', t => {
  const { repeated } = listen(
    graphOf({
      op: 'Expand',
      about: '',
      inputs: [{ shape: [3, 1, 4] }],
      attributes: { shape: [2, 3, 5, 4] },
    }),
  );
  t.deepEqual(repeated, ['Expand[0]', 'Expand[2]']);
});
