import type { OnnxModel, OnnxNodeDescription, OnnxTensor } from '@secateur/core';
import test from 'ava';
import { withNamedWeights } from './name-weights.js';

const node = (op: string, scope: string, inputs: string[], output: string): OnnxNodeDescription => ({
  name: '',
  op,
  scope,
  domain: '',
  inputs,
  outputs: [output],
  attributes: {},
});

const named = (initializers: readonly OnnxTensor[], ...nodes: OnnxNodeDescription[]): OnnxModel =>
  withNamedWeights({
    irVersion: 8,
    opsets: { '': 18 },
    producer: '',
    inputs: [],
    outputs: [],
    nodes,
    initializers,
  });

const tensor = (name: string, ...shape: number[]): OnnxTensor => ({ name, dtype: 'float', shape });

test('a weight is named after the module that reads it, also by way of a transpose', t => {
  const { nodes, initializers } = named(
    [tensor('val_1', 4, 4), tensor('val_2', 4), tensor('val_3', 4, 2), tensor('lm_head.weight', 2, 4)],
    node('MatMul', 'mlp.up', ['x', 'val_1'], 'a'),
    node('Add', 'mlp.up', ['a', 'val_2'], 'b'),
    node('Transpose', '', ['val_3'], 'turned'),
    node('Gemm', 'mlp.down', ['b', 'turned'], 'c'),
    node('MatMul', 'head', ['c', 'lm_head.weight'], 'd'),
  );
  t.deepEqual(
    initializers.map(({ name }) => name),
    ['mlp.up.weight', 'mlp.up.bias', 'mlp.down.weight', 'lm_head.weight'],
  );
  t.deepEqual(
    nodes.map(({ inputs }) => inputs),
    [
      ['x', 'mlp.up.weight'],
      ['a', 'mlp.up.bias'],
      ['mlp.down.weight'],
      ['b', 'turned'],
      ['c', 'lm_head.weight'],
    ],
  );
});

test('constants, weights of no module and names that are taken stay', t => {
  const constant = { ...tensor('val_1', 4), data: new Float64Array(4) };
  const { initializers } = named(
    [constant, tensor('val_2', 4, 4), tensor('val_3', 4, 4), tensor('val_4', 4, 4), tensor('unread', 2)],
    node('Mul', 'norm', ['x', 'val_1'], 'a'),
    node('MatMul', '', ['a', 'val_2'], 'b'),
    node('MatMul', 'mlp', ['b', 'val_3'], 'c'),
    node('MatMul', 'mlp', ['c', 'val_4'], 'd'),
  );
  t.deepEqual(
    initializers.map(({ name }) => name),
    ['val_1', 'val_2', 'mlp.weight', 'val_4', 'unread'],
  );
});
