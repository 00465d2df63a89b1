import { type OnnxModel, type OnnxNodeDescription, type OnnxTensor, SecateurError } from '@secateur/core';
import type { TensorRef } from '@secateur/core/graph';
import test from 'ava';
import { onnxTracer } from './index.js';

const node = (op: string, inputs: string[], output: string, more: Partial<OnnxNodeDescription> = {}) => ({
  name: '',
  op,
  scope: '',
  domain: '',
  inputs,
  outputs: [output],
  attributes: {},
  ...more,
});

const table: OnnxTensor = {
  name: 'embed.weight',
  dtype: 'float',
  shape: [7, 4],
  bytes: { file: 'model.onnx', offset: 0, byteLength: 112 },
};

/** Rows of a table as logits, with nodes between. */
const model = (changes: Partial<OnnxModel> = {}): OnnxModel => ({
  irVersion: 8,
  opsets: { '': 18 },
  producer: '',
  inputs: [{ name: 'input_ids', dtype: 'int64', shape: ['batch', 'sequence'] }],
  outputs: [{ name: 'logits', dtype: 'float', shape: ['batch', 'sequence', 4] }],
  nodes: [node('Gather', ['embed.weight', 'input_ids'], 'logits')],
  initializers: [table],
  ...changes,
});

const through = (...nodes: OnnxNodeDescription[]): OnnxModel =>
  model({ nodes: [node('Gather', ['embed.weight', 'input_ids'], 'x'), ...nodes] });

const tensors: ReadonlyMap<string, TensorRef> = new Map([
  ['embed.weight', { file: 'model.onnx', offset: 0, byteLength: 112, dtype: 'F32', shape: [7, 4] }],
]);

const trace = (onnx: unknown) =>
  onnxTracer.trace({ architectures: ['ONNX'], onnx }, tensors, { batch: 2, sequence: 3 });

test('a table of logits is traced, with the path of its weight', t => {
  const graph = trace(model());
  t.deepEqual(
    graph.nodes.map(({ op, path }) => [op, path]),
    [
      ['Gather', 'embed'],
      ['Reshape', ''],
    ],
  );
  t.deepEqual(graph.values.get(graph.outputs.get('logits')!)!.shape, [6, 4]);
});

test('the path is what the file says', t => {
  const graph = trace(
    through(node('Neg', ['x'], 'y', { scope: 'model.layers.1.mlp.act' }), node('Exp', ['y'], 'logits')),
  );
  t.deepEqual(
    graph.nodes.slice(1, 3).map(({ path }) => path),
    ['model.layers.1.mlp.act', ''],
  );
});

const refused: Readonly<Record<string, readonly [unknown, RegExp, code?: string]>> = {
  'no description': [undefined, /holds no description/, 'E_MODEL_CONFIG'],
  'an operator without a rule': [
    through(node('Erf', ['x'], 'logits', { name: '/act/Erf' })),
    /The operator Erf of the node "\/act\/Erf" cannot be traced: there is no rule for it/,
  ],
  'a nameless node': [through(node('Erf', ['x'], 'logits')), /Erf of the node "logits"/],
  'a domain': [
    through(node('Mul', ['x', 'x'], 'logits', { domain: 'some.where' })),
    /some\.where are not known/,
  ],
  'a branch': [
    through(node('If', ['x'], 'logits', { attributes: { then_branch: { graph: true } } })),
    /The operator If .*no rule/,
  ],
  'an input that is made nowhere': [
    through(node('Neg', ['z'], 'logits')),
    /its input "z" is not made before it/,
  ],
  'a missing attribute': [through(node('Concat', ['x', 'x'], 'logits')), /the attribute axis is missing/],
  'an axis that is not there': [
    through(node('Concat', ['x', 'x'], 'logits', { attributes: { axis: { int: 5 } } })),
    /there is no axis 5/,
  ],
  'shapes that do not fit': [
    through(node('MatMul', ['x', 'x'], 'logits')),
    /MatMul of the node.*do not multiply/,
  ],
  'a softmax over rows': [
    through(node('Softmax', ['x'], 'logits', { attributes: { axis: { int: 1 } } })),
    /runs over axis 1 of 3, expected the last/,
  ],
  'a power that is no product': [
    {
      ...through(node('Pow', ['x', 'e'], 'logits')),
      initializers: [table, { name: 'e', dtype: 'float', shape: [], data: Float64Array.of(0.75) }],
    },
    /the exponent is 0\.75/,
  ],
  'a quantised weight': [
    {
      ...through(node('Mul', ['x', 'q'], 'logits')),
      initializers: [table, { ...table, name: 'q', dtype: 'int8' }],
    },
    /its weight "q" is int8/,
  ],
  'another input': [
    model({ inputs: [...model().inputs, { name: 'pixel_values', dtype: 'float', shape: [1] }] }),
    /fed with "pixel_values"/,
  ],
  'no ids': [model({ inputs: [] }), /fed with nothing, expected input_ids/],
  'a fixed length': [
    model({ inputs: [{ name: 'input_ids', dtype: 'int64', shape: [1, 'sequence'] }] }),
    /"input_ids" has the shape \[1, sequence\], expected one that holds \[2, 3\]/,
  ],
  'no logits': [
    model({ outputs: ['a', 'b'].map(name => ({ name, dtype: 'float', shape: [] })) }),
    /gives a, b, expected logits/,
  ],
};

for (const [title, [onnx, message, code = 'E_ONNX']] of Object.entries(refused))
  test(`refused: ${title}`, t => {
    const error = t.throws(() => trace(onnx), { instanceOf: SecateurError, message });
    t.is(error?.code, code as typeof error.code);
  });

test('logits of the last token alone are refused', t => {
  const onnx = {
    ...through(node('Gather', ['x', 'i'], 'logits', { attributes: { axis: { int: 1 } } })),
    initializers: [table, { name: 'i', dtype: 'int64', shape: [1], data: Float64Array.of(-1) }],
  };
  t.throws(() => trace(onnx), {
    code: 'E_ONNX',
    message: /has the shape \[2,1,4\], expected \[2, 3, vocabulary\]/,
  });
});

test('it is not written again', t => {
  t.throws(() => onnxTracer.resize({ onnx: model() }, new Map()), {
    code: 'E_EXPORT',
    message: /not written again/,
  });
});

test('without tables of positions the length is a guess', t => {
  t.is(onnxTracer.maxSequence({ onnx: model() }), 2048);
});
