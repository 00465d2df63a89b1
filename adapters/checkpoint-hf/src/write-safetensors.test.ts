import { readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { temporaryFolder, throwsCode } from '@secateur/core/testing';
import test from 'ava';
import { safetensorsBytes } from './fixtures.test.data.js';
import { readElements, readTensor } from './read-tensor.js';
import { readSafetensorsHeader } from './safetensors-header.js';
import { type TensorSource, tensorOf, writeSafetensors } from './write-safetensors.js';

test('the bytes are those of the reference implementation', async t => {
  const file = path.join(await temporaryFolder(t), 'model.safetensors');
  await writeSafetensors(file, [
    tensorOf('b', [2], Float32Array.of(1, 2)),
    tensorOf('n', [1], BigInt64Array.of(-1n)),
    tensorOf('a', [1, 1], Float32Array.of(3)),
  ]);
  const header =
    '{"__metadata__":{"format":"pt"},' +
    '"n":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},' +
    '"a":{"dtype":"F32","shape":[1,1],"data_offsets":[8,12]},' +
    '"b":{"dtype":"F32","shape":[2],"data_offsets":[12,20]}}';
  const padded = header.padEnd(Math.ceil(header.length / 8) * 8);
  const data = Buffer.alloc(20);
  data.writeBigInt64LE(-1n);
  [3, 1, 2].forEach((value, i) => {
    data.writeFloatLE(value, 8 + 4 * i);
  });
  t.deepEqual(await readFile(file), safetensorsBytes(padded, data));
});

test('every element type comes back as it was', async t => {
  const file = path.join(await temporaryFolder(t), 'state.safetensors');
  const arrays = {
    f64: Float64Array.of(Math.PI, -0),
    f32: Float32Array.of(Number.NaN, 1e-45),
    i64: BigInt64Array.of(2n ** 63n - 1n, -5n),
    i32: Int32Array.of(-7, 2 ** 31 - 1),
    u8: Uint8Array.of(0, 255),
  };
  await writeSafetensors(
    file,
    Object.entries(arrays).map(([name, data]) => tensorOf(name, [2], data)),
    { step: '3' },
  );
  const { metadata, tensors } = await readSafetensorsHeader(file);
  t.deepEqual(metadata, { step: '3' });
  for (const [name, data] of Object.entries(arrays))
    t.deepEqual(await readElements(tensors.get(name)!), data);
});

test('no tensor at all makes a file that opens', async t => {
  const file = path.join(await temporaryFolder(t), 'empty.safetensors');
  await writeSafetensors(file, []);
  t.is((await readSafetensorsHeader(file)).tensors.size, 0);
});

test('tensors are asked for one at a time, in the order of the file', async t => {
  const file = path.join(await temporaryFolder(t), 'model.safetensors');
  const asked: string[] = [];
  let open = 0;
  const source = (name: string): TensorSource => ({
    name,
    dtype: 'F32',
    shape: [1],
    elements: async () => {
      asked.push(name);
      t.is(++open, 1);
      await new Promise(setImmediate);
      open--;
      return Float32Array.of(1);
    },
  });
  await writeSafetensors(file, ['c', 'a', 'b'].map(source));
  t.deepEqual(asked, ['a', 'b', 'c']);
});

test('a failed write leaves nothing, and a former file as it was', async t => {
  const folder = await temporaryFolder(t);
  const kept = path.join(folder, 'kept.safetensors');
  await writeFile(kept, 'before');
  const failing: TensorSource = {
    name: 'a',
    dtype: 'F32',
    shape: [1],
    elements: () => Promise.reject(new Error('gone')),
  };
  await t.throwsAsync(writeSafetensors(kept, [failing]), { message: 'gone' });
  await t.throwsAsync(writeSafetensors(path.join(folder, 'new', 'deep', 'x.safetensors'), [failing]));
  t.deepEqual(await readdir(folder), ['kept.safetensors']);
  t.is(await readFile(kept, 'utf8'), 'before');
});

test('elements that do not make the shape, and a name twice, are defects', async t => {
  const folder = await temporaryFolder(t);
  const file = path.join(folder, 'model.safetensors');
  await t.throwsAsync(writeSafetensors(file, [tensorOf('a', [3], Float32Array.of(1))]), {
    message: /1 elements/,
  });
  const wrong: TensorSource = { name: 'a', dtype: 'F16', shape: [1], elements: () => Float32Array.of(1) };
  await t.throwsAsync(writeSafetensors(file, [wrong]), { message: /4 bytes do not make F16/ });
  const a = tensorOf('a', [1], Float32Array.of(1));
  await t.throwsAsync(writeSafetensors(file, [a, a]), { message: /two tensors/ });
  t.deepEqual(await readdir(folder), []);
});

test('weights are read as float32 from each type, across the window of conversion', async t => {
  const file = path.join(await temporaryFolder(t), 'model.safetensors');
  const count = 2 ** 21 + 3;
  const bits = Uint16Array.from({ length: count }, (_, i) => (i % 0x7f) << 7);
  await writeSafetensors(file, [
    { name: 'bf16', dtype: 'BF16', shape: [count], elements: () => bits },
    { name: 'f16', dtype: 'F16', shape: [3], elements: () => Uint16Array.of(0x3c00, 0xc000, 0x0001) },
    tensorOf('f64', [2], Float64Array.of(0.1, -3)),
    tensorOf('f32', [2], Float32Array.of(0.1, -3)),
  ]);
  const { tensors } = await readSafetensorsHeader(file);
  const wide = await readTensor(tensors.get('bf16')!);
  const words = new Uint32Array(wide.buffer);
  t.is(wide.length, count);
  t.true(bits.every((value, i) => words[i] === value << 16));
  t.deepEqual(await readTensor(tensors.get('f16')!), Float32Array.of(1, -2, 2 ** -24));
  t.deepEqual(await readTensor(tensors.get('f64')!), Float32Array.of(0.1, -3));
  t.deepEqual(await readTensor(tensors.get('f32')!), Float32Array.of(0.1, -3));
});

test('integers are no weights; a file that was cut since, or is gone, says so', async t => {
  const file = path.join(await temporaryFolder(t), 'model.safetensors');
  await writeSafetensors(file, [
    tensorOf('i', [1], BigInt64Array.of(1n)),
    tensorOf('w', [4], new Float32Array(4)),
  ]);
  const { tensors } = await readSafetensorsHeader(file);
  const weight = tensors.get('w')!;
  await throwsCode(t, () => readTensor(tensors.get('i')!), 'E_TENSOR_DTYPE', /I64/);
  await truncate(file, weight.offset + 7);
  await throwsCode(t, () => readTensor(weight), 'E_SAFETENSORS', /inside a tensor/);
  await throwsCode(t, () => readTensor({ ...weight, file: `${file}.gone` }), 'E_MODEL_NOT_FOUND');
});
