import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { openGguf } from '@secateur/adapter-checkpoint-gguf';
import { stageFiles } from '@secateur/adapter-checkpoint-hf';
import { temporaryFolder } from '@secateur/core/testing';
import test, { type ExecutionContext } from 'ava';
import type { MetadataValue } from './metadata.js';
import { type GgufTensorSource, writeGguf } from './write-gguf.js';

const metadata = new Map<string, MetadataValue>([
  ['general.architecture', { type: 'string', value: 'llama' }],
  ['a.u32', { type: 'u32', value: 2 ** 32 - 1 }],
  ['a.f32', { type: 'f32', value: -0.5 }],
  ['a.bool', { type: 'bool', value: true }],
  ['a.text', { type: 'string', value: 'naïve ▁😀' }],
  ['some.i32', { type: 'array', of: 'i32', values: [1, -2, 3] }],
  ['some.f32', { type: 'array', of: 'f32', values: [0.25, -1e10] }],
  ['some.texts', { type: 'array', of: 'string', values: ['', 'Ġthe', '▁'] }],
]);

const tensor = (name: string, shape: readonly number[], fill: number): GgufTensorSource => ({
  name,
  shape,
  type: 'F32',
  bytes: async () => new Uint8Array(4 * shape.reduce((a, b) => a * b, 1)).fill(fill),
});

const write = async (
  t: ExecutionContext,
  tensors: readonly GgufTensorSource[],
  written?: (done: number, total: number) => void,
): Promise<string> => {
  const folder = await temporaryFolder(t);
  await stageFiles(folder, staging =>
    staging.write('x.gguf', file => writeGguf(file, metadata, tensors, written)),
  );
  return path.join(folder, 'x.gguf');
};

test('what is written is read', async t => {
  const told: (readonly [number, number])[] = [];
  const file = await write(t, [tensor('one', [3], 1), tensor('two', [2, 5], 2)], (...now) => told.push(now));
  const gguf = await openGguf(file);
  t.is(gguf.version, 3);
  t.deepEqual(
    [...gguf.metadata],
    [...metadata].map(([key, value]) => [
      key,
      value.type === 'array' && value.of === 'f32'
        ? value.values.map(Math.fround)
        : value.type === 'array'
          ? [...value.values]
          : value.value,
    ]),
  );
  const tensors = [...gguf.tensors.values()];
  t.deepEqual(
    tensors.map(({ name, shape, type, byteLength }) => ({ name, shape, type, byteLength })),
    [
      { name: 'one', shape: [3], type: 'F32', byteLength: 12 },
      { name: 'two', shape: [2, 5], type: 'F32', byteLength: 40 },
    ],
  );
  const bytes = await readFile(file);
  for (const [i, { offset, byteLength }] of tensors.entries()) {
    t.is(offset % 32, 0, 'aligned');
    t.true(bytes.subarray(offset, offset + byteLength).every(byte => byte === i + 1));
  }
  t.deepEqual(told, [
    [32, 96],
    [96, 96],
  ]);
});

test('the file is filled up to its alignment, so that no tensor is cut', async t => {
  const { size } = await stat(await write(t, [tensor('one', [1], 1)]));
  t.is(size % 32, 0);
});

test('bytes that were not announced are a fault of the caller', async t => {
  const wrong = { ...tensor('one', [3], 1), bytes: async () => new Uint8Array(13) };
  await t.throwsAsync(write(t, [wrong]), { message: /one has 13 bytes, announced were 12/ });
});
