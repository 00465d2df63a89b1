import { readFile, symlink } from 'node:fs/promises';
import path from 'node:path';
import { temporaryFolder, throwsCode } from '@secateur/core/testing';
import test from 'ava';
import onnxProto from 'onnx-proto';
import { readElements } from './elements.js';
import { bytesOf, smallModel, weights, write } from './fixtures.test.data.js';
import { OnnxModelBuilder } from './model-builder.js';
import { readOnnx } from './read-model.js';

const { AttributeProto, ModelProto, TensorProto } = onnxProto.onnx;

const inline = smallModel(model => model.initializer('w', 'float', [2, 2], bytesOf(weights)));

test('a model is read as it was built, and its weight lies where it says', async t => {
  const file = await write(await temporaryFolder(t), inline.encode());
  const model = await readOnnx(file);
  t.is(model.producer, 'secateur');
  t.deepEqual(model.opsets, { '': 18 });
  t.deepEqual(model.inputs, [{ name: 'x', dtype: 'float', shape: ['batch', 2] }]);
  t.deepEqual(model.outputs, [{ name: 'y', dtype: 'float', shape: ['batch', 2] }]);
  t.deepEqual(model.nodes, [
    {
      name: '/product',
      op: 'MatMul',
      scope: '',
      domain: '',
      inputs: ['x', 'w'],
      outputs: ['y'],
      attributes: {},
    },
  ]);
  const [w] = model.initializers;
  t.deepEqual([w!.name, w!.dtype, w!.shape, w!.data], ['w', 'float', [2, 2], undefined]);
  const { offset, byteLength } = w!.bytes!;
  t.deepEqual((await readFile(file)).subarray(offset, offset + byteLength), Buffer.from(bytesOf(weights)));
  t.deepEqual(await readElements('float', w!.bytes!), Float64Array.of(1, 2, 3, 4));
});

test('every kind of attribute and constant is read', async t => {
  const { AttributeType } = AttributeProto;
  const { DataType } = TensorProto;
  const constant = (output: string, attribute: onnxProto.onnx.IAttributeProto) => ({
    opType: 'Constant',
    output: [output],
    attribute: [attribute],
  });
  const bytes = ModelProto.encode({
    opsetImport: [{ version: 18 }],
    graph: {
      output: [{ name: 'y' }],
      node: [
        {
          opType: 'Odd',
          name: '/model/layers.3/mlp/Odd',
          domain: 'some.where',
          attribute: [
            { name: 'i', type: AttributeType.INT, i: -3 },
            { name: 'f', type: AttributeType.FLOAT, f: 0.5 },
            { name: 's', type: AttributeType.STRING, s: new TextEncoder().encode('text') },
            { name: 'is', type: AttributeType.INTS, ints: [1, -1] },
            { name: 'fs', type: AttributeType.FLOATS, floats: [0.25] },
            { name: 'ss', type: AttributeType.STRINGS, strings: [new TextEncoder().encode('a')] },
            { name: 'g', type: AttributeType.GRAPH, g: { name: 'inner' } },
            {
              name: 't',
              type: AttributeType.TENSOR,
              t: { dataType: DataType.INT64, dims: [1], int64Data: [7] },
            },
          ],
        },
        constant('a', { name: 'value_int', type: AttributeType.INT, i: 5 }),
        constant('b', { name: 'value_floats', type: AttributeType.FLOATS, floats: [1, 2] }),
        constant('c', {
          name: 'value',
          type: AttributeType.TENSOR,
          t: { dataType: DataType.INT64, dims: [2], rawData: bytesOf(BigInt64Array.of(-1n, 2n ** 63n - 1n)) },
        }),
        constant('d', {
          name: 'value',
          type: AttributeType.TENSOR,
          t: { dataType: DataType.FLOAT, dims: [2, 1], floatData: [3, 4] },
        }),
        constant('e', {
          name: 'value',
          type: AttributeType.TENSOR,
          t: { dataType: DataType.FLOAT16, dims: [1], int32Data: [0x3c00] },
        }),
      ],
    },
  }).finish();
  const { nodes, initializers } = await readOnnx(await write(await temporaryFolder(t), bytes));
  t.is(nodes.length, 1);
  t.is(nodes[0]!.domain, 'some.where');
  t.is(nodes[0]!.scope, 'model.layers.3.mlp');
  const { t: tensor, ...plain } = nodes[0]!.attributes;
  t.deepEqual(plain, {
    i: { int: -3 },
    f: { float: 0.5 },
    s: { string: 'text' },
    is: { ints: [1, -1] },
    fs: { floats: [0.25] },
    ss: { strings: ['a'] },
    g: { graph: true },
  });
  t.deepEqual(tensor, { tensor: { name: '', dtype: 'int64', shape: [1], data: Float64Array.of(7) } });
  t.deepEqual(
    initializers.map(({ name, shape, data }) => [name, shape, data && [...data]]),
    [
      ['a', [], [5]],
      ['b', [2], [1, 2]],
      ['c', [2], [-1, 2 ** 63]],
      ['d', [2, 1], undefined],
      ['e', [1], [1]],
    ],
  );
  t.deepEqual(await readElements('float', initializers[3]!.bytes!), Float64Array.of(3, 4));
});

const external = (location: string, offset = 0, byteLength = 16): Uint8Array =>
  smallModel(model =>
    model.externalInitializer('w', 'float', [2, 2], { location, offset, byteLength }),
  ).encode();

test('external weights are references into the file beside the model', async t => {
  const folder = await temporaryFolder(t);
  await write(folder, Buffer.concat([Buffer.alloc(8), bytesOf(weights)]), 'data');
  const { initializers } = await readOnnx(await write(folder, external('data', 8)));
  t.deepEqual(initializers[0]!.bytes, { file: path.join(folder, 'data'), offset: 8, byteLength: 16 });
});

test('external weights outside the folder, missing or too short are refused', async t => {
  const folder = await temporaryFolder(t);
  await write(folder, bytesOf(weights), 'data');
  const reads = async (location: string, offset?: number, byteLength?: number) =>
    readOnnx(await write(folder, external(location, offset, byteLength)));
  for (const location of ['../data', 'a/../../data', '/etc/hostname', 'C:\\data', '..\\data', ''])
    await throwsCode(t, () => reads(location), 'E_ONNX', /expected a file in the folder of the model/);
  await throwsCode(t, () => reads('other'), 'E_ONNX', /keeps the tensor "w" in other, which is not there/);
  await throwsCode(
    t,
    () => reads('data', 8),
    'E_ONNX',
    /at byte 8 of data with 16 bytes, but that file has 16/,
  );
  await throwsCode(t, () => reads('data', -8), 'E_ONNX', /byte -8/);
  await throwsCode(t, () => reads('data', 0, 12), 'E_ONNX', /12 bytes for the tensor "w", expected 16/);
});

test('a link beside the model may lead to its weights, as in the cache of a hub', async t => {
  const [folder, store] = [await temporaryFolder(t), await temporaryFolder(t)];
  await symlink(await write(store, bytesOf(weights), 'blob'), path.join(folder, 'data'));
  const { initializers } = await readOnnx(await write(folder, external('data')));
  t.is(initializers[0]!.bytes!.byteLength, 16);
});

test('a file that ends too early is refused, wherever it ends', async t => {
  const folder = await temporaryFolder(t);
  const bytes = inline.encode();
  for (let end = 0; end < bytes.length; end++) {
    const file = await write(folder, bytes.subarray(0, end));
    await throwsCode(t, () => readOnnx(file), 'E_ONNX', /is damaged|holds no graph|names no version/);
  }
});

test('no changed byte makes the reader fail without a word or take more than the file', async t => {
  const folder = await temporaryFolder(t);
  const bytes = inline.encode();
  let refused = 0;
  for (let at = 0; at < bytes.length; at++) {
    const file = await write(
      folder,
      Uint8Array.from(bytes, (x, i) => (i === at ? x ^ 0xff : x)),
    );
    const { code, initializers } = await readOnnx(file).then(
      model => ({ ...model, code: undefined }),
      (error: { code?: string }) => ({ code: error.code ?? String(error), initializers: [] }),
    );
    if (code !== undefined) {
      refused++;
      t.is(code, 'E_ONNX', `byte ${at}`);
    }
    for (const { bytes: place } of initializers)
      t.true(!place || place.offset + place.byteLength <= bytes.length);
  }
  t.true(refused > 10);
});

test('what is no model is refused', async t => {
  const folder = await temporaryFolder(t);
  await throwsCode(t, () => readOnnx(path.join(folder, 'absent.onnx')), 'E_ONNX', /cannot be opened/);
  await throwsCode(t, () => readOnnx(folder), 'E_ONNX', /regular file|cannot be/);
  const text = await write(folder, new TextEncoder().encode('{"not": "onnx"}'));
  await throwsCode(t, () => readOnnx(text), 'E_ONNX', /is damaged|holds no graph/);
  const empty = await write(folder, new OnnxModelBuilder().encode());
  await throwsCode(t, () => readOnnx(empty), 'E_ONNX', /holds no graph with outputs/);
});
