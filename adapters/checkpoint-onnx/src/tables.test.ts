import type { OnnxModel, OnnxNodeDescription } from '@secateur/core';
import test from 'ava';
import { tablesOf } from './tables.js';

const node = (op: string, inputs: string[], output: string): OnnxNodeDescription => ({
  name: '',
  op,
  scope: '',
  domain: '',
  inputs,
  outputs: [output],
  attributes: {},
});

const tables = (initializers: readonly string[], ...nodes: OnnxNodeDescription[]): string[] => {
  const inputs = ['input_ids', 'position_ids', 'attention_mask', 'past_key_values.0.key'];
  const model: OnnxModel = {
    irVersion: 8,
    opsets: { '': 18 },
    producer: '',
    inputs: inputs.map(name => ({ name, dtype: 'int64', shape: [] })),
    outputs: [],
    nodes,
    initializers: initializers.map(name => ({ name, dtype: 'float', shape: [4] })),
  };
  return [...tablesOf(model)];
};

test('a weight meets an activation first, whatever turns it', t => {
  t.deepEqual(
    tables(
      ['table', 'w'],
      node('Gather', ['table', 'input_ids'], 'x'),
      node('Transpose', ['w'], 'turned'),
      node('MatMul', ['x', 'turned'], 'y'),
    ),
    [],
  );
});

test('frequencies meet positions, by way of the extents of the text too', t => {
  t.deepEqual(
    tables(
      ['frequencies'],
      node('Unsqueeze', ['frequencies', 'axes'], 'row'),
      node('Shape', ['position_ids'], 'extents'),
      node('Expand', ['row', 'extents'], 'rows'),
      node('MatMul', ['rows', 'position_ids'], 'angles'),
    ),
    ['frequencies'],
  );
});

test('a mask that is cut to the length of the text is a table', t => {
  t.deepEqual(
    tables(
      ['mask', 'bias'],
      node('Shape', ['input_ids'], 'length'),
      node('Slice', ['mask', 'start', 'length'], 'part'),
      node('Expand', ['bias', 'length'], 'spread'),
    ),
    ['mask'],
  );
});

test('fused operators take tables beside an activation', t => {
  t.deepEqual(
    tables(
      ['table', 'cos', 'sin'],
      node('Gather', ['table', 'input_ids'], 'x'),
      node('RotaryEmbedding', ['x', 'position_ids', 'cos', 'sin'], 'y'),
    ),
    ['cos', 'sin'],
  );
});

test('a number that is added to a weight makes it no table', t => {
  t.deepEqual(tables(['one', 'w'], node('Add', ['one', 'w'], 'gain')), []);
});
