import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { dequantiseRows, type QuantisedRef, quantiseRows } from '@secateur/core';
import type { TensorRef } from '@secateur/core/graph';
import { temporaryFolder, throwsCode } from '@secateur/core/testing';
import test from 'ava';
import { loadBackend } from './backends/load-backend.js';
import { StoredWeights } from './stored-weights.js';

const { tf } = await loadBackend('cpu');
const shape = [2, 3];
const numbers = Float32Array.of(1, -2, 3, 0.5, 0.25, -0.125);

test.serial('a weight is read once for all readers, and goes with the last', async t => {
  const folder = await temporaryFolder(t);
  const file = path.join(folder, 'weights');
  await writeFile(file, Buffer.concat([Buffer.alloc(4), Buffer.from(numbers.buffer)]));
  const ref: TensorRef = { file, offset: 4, byteLength: 24, dtype: 'F32', shape };
  const weights = new StoredWeights(tf);
  const before = tf.memory().numTensors;
  const [one, other] = await Promise.all([
    weights.take({ shape, ref }),
    weights.take({ shape, ref: { ...ref } }),
  ]);
  t.is(one, other);
  t.deepEqual(await one.data(), numbers);
  await weights.release({ shape, ref });
  t.deepEqual(await one.data(), numbers, 'still read by one');
  await weights.release({ shape, ref });
  t.true(one.isDisposed);
  t.is(tf.memory().numTensors, before);
  t.not(await weights.take({ shape, ref }), one, 'and is read anew');
});

test.serial('halves are widened, and eight bits are times their scales', async t => {
  const folder = await temporaryFolder(t);
  const file = path.join(folder, 'weights');
  const bits = Uint16Array.from(new Uint32Array(numbers.buffer), word => word >>> 16);
  const { values, scales } = quantiseRows(numbers, 3);
  await writeFile(file, Buffer.concat([bits, scales, values].map(array => Buffer.from(array.buffer))));
  const weights = new StoredWeights(tf);
  const half: TensorRef = { file, offset: 0, byteLength: 12, dtype: 'BF16', shape };
  t.deepEqual(await (await weights.take({ shape, ref: half })).data(), numbers);
  const eight: QuantisedRef = {
    file,
    scales: { offset: 12, byteLength: 8 },
    values: { offset: 20, byteLength: 6 },
  };
  t.deepEqual(await (await weights.take({ shape, ref: eight })).data(), dequantiseRows({ values, scales }));
});

test('a file that is gone or too short is E_ENGINE', async t => {
  const folder = await temporaryFolder(t);
  const file = path.join(folder, 'weights');
  const ref: TensorRef = { file, offset: 0, byteLength: 24, dtype: 'F32', shape };
  const weights = new StoredWeights(tf);
  await throwsCode(t, () => weights.take({ shape, ref }), 'E_ENGINE', /cannot be read/);
  await writeFile(file, Buffer.alloc(20));
  await weights.release({ shape, ref });
  await throwsCode(t, () => weights.take({ shape, ref }), 'E_ENGINE', /cannot be read/);
});
