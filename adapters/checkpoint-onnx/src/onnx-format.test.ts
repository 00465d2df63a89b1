import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { OnnxModelBuilder } from '@secateur/adapter-onnx-format';
import type { OnnxModel } from '@secateur/core';
import test, { type ExecutionContext } from 'ava';
import { createOnnxFormat } from './onnx-format.js';

const format = createOnnxFormat();

const bytesOf = (elements: ArrayBufferView): Uint8Array =>
  new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength);

/** logits = table[ids] · w + cos[positions], with w beside the model. */
const smallModel = (): OnnxModelBuilder => {
  const model = new OnnxModelBuilder();
  model.input('input_ids', 'int64', ['batch', 'sequence']);
  model.input('position_ids', 'int64', ['batch', 'sequence']);
  model.output('logits', 'float', ['batch', 'sequence', 2]);
  model.initializer(
    'table',
    'float16',
    [3, 2],
    bytesOf(Uint16Array.of(0x3c00, 0, 0xc000, 0x3800, 0, 0x3c00)),
  );
  model.externalInitializer('w', 'float', [2, 2], { location: 'data', offset: 4, byteLength: 16 });
  model.initializer('cos', 'float', [4, 2], bytesOf(Float32Array.from({ length: 8 }, (_, i) => i)));
  model.initializer('axes', 'int64', [1], bytesOf(BigInt64Array.of(1n)));
  model.node({ op: 'Gather', inputs: ['table', 'input_ids'], outputs: ['half'] });
  model.node({ op: 'Cast', inputs: ['half'], outputs: ['x'], attributes: { to: { int: 1 } } });
  model.node({ op: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] });
  model.node({ op: 'Gather', inputs: ['cos', 'position_ids'], outputs: ['rows'] });
  model.node({ op: 'Add', inputs: ['y', 'rows'], outputs: ['logits'] });
  return model;
};

const written = async (t: ExecutionContext): Promise<string> => {
  const folder = await mkdtemp(path.join(tmpdir(), 'secateur-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  await mkdir(path.join(folder, 'onnx'));
  const file = path.join(folder, 'onnx/model.onnx');
  await writeFile(file, smallModel().encode());
  await writeFile(path.join(folder, 'onnx/data'), bytesOf(Float32Array.of(9, 1, 2, 3, 4)));
  return file;
};

test('it recognises .onnx files', async t => {
  const file = await written(t);
  t.true(await format.recognises(file));
  t.false(await format.recognises(path.dirname(file)));
  t.false(await format.recognises(`${file}.absent.onnx`));
});

test('weights are tensors, tables and integers have their elements', async t => {
  const file = await written(t);
  const { config, tensors, folder } = await format.open(file);
  t.is(folder, path.dirname(file));
  t.deepEqual(config.architectures, ['ONNX']);
  t.deepEqual([...tensors.keys()].sort(), ['cos', 'table', 'w']);
  const { initializers } = config.onnx as OnnxModel;
  t.deepEqual(initializers.map(({ name, data }) => [name, data && [...data]]).sort(), [
    ['axes', [1]],
    ['cos', [0, 1, 2, 3, 4, 5, 6, 7]],
    ['table', undefined],
    ['w', undefined],
  ]);
  t.deepEqual(await format.read(tensors.get('w')!), Float32Array.of(1, 2, 3, 4));
  t.deepEqual(await format.read(tensors.get('table')!), Float32Array.of(1, 0, -2, 0.5, 0, 1));
});

test('the hash is over the model and the files beside it', async t => {
  const file = await written(t);
  const { hash } = await format.open(file);
  const data = path.join(path.dirname(file), 'data');
  const all = createHash('sha256')
    .update(await readFile(file))
    .update(await readFile(data));
  const first = await hash();
  t.is(first, all.digest('hex'));
  await writeFile(data, bytesOf(Float32Array.of(9, 1, 2, 3, 5)));
  t.not(await (await format.open(file)).hash(), first);
});

test('the tokenizer lies in the folder above, or beside the model', async t => {
  const file = await written(t);
  t.deepEqual((await format.open(file)).companions, []);
  const above = path.join(path.dirname(file), '../tokenizer.json');
  await writeFile(above, '{}');
  t.deepEqual((await format.open(file)).companions, [above]);
  const beside = path.join(path.dirname(file), 'tokenizer.json');
  await writeFile(beside, '{}');
  t.deepEqual((await format.open(file)).companions, [beside]);
});

test('what is not there or cannot be done is said', async t => {
  const file = await written(t);
  await t.throwsAsync(format.open(`${file}.absent`), {
    code: 'E_MODEL_NOT_FOUND',
    message: /does not exist/,
  });
  await t.throwsAsync(format.openAdapter('adapter'), { code: 'E_ADAPTER' });
  const refused = { code: 'E_EXPORT', message: /traced and measured, but not written/ };
  await t.throwsAsync(
    format.write('out', {}, [], async () => new Float32Array()),
    refused,
  );
  await t.throwsAsync(format.writeAdapter('out', {}, []), refused);
});
