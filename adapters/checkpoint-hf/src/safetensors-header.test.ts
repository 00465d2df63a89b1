import { symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { temporaryFolder, throwsCode } from '@secateur/core/testing';
import test from 'ava';
import { safetensorsBytes, writeRaw } from './fixtures.test.data.js';
import { readSafetensorsHeader } from './safetensors-header.js';

const f32 = (shape: number[], begin: number, end: number, more: object = {}) => ({
  dtype: 'F32',
  shape,
  data_offsets: [begin, end],
  ...more,
});
const bytes = (length: number) => new Uint8Array(length);

test('names, types, shapes and absolute offsets are read; padding, scalars and empty tensors are allowed', async t => {
  const header = {
    __metadata__: { format: 'pt' },
    b: f32([2, 3], 8, 32),
    scalar: f32([], 0, 4),
    empty: f32([0, 7], 8, 8),
    mask: { dtype: 'BOOL', shape: [4], data_offsets: [4, 8] },
  };
  const text = `${JSON.stringify(header)}   `;
  const file = await writeRaw(await temporaryFolder(t), text, bytes(32));
  const { metadata, tensors } = await readSafetensorsHeader(file);
  const start = 8 + text.length;
  t.deepEqual(metadata, { format: 'pt' });
  t.deepEqual([...tensors.keys()], ['b', 'scalar', 'empty', 'mask']);
  t.like(tensors.get('b'), { dtype: 'F32', shape: [2, 3], offset: start + 8, byteLength: 24 });
  t.like(tensors.get('scalar'), { offset: start, byteLength: 4 });
  t.like(tensors.get('mask'), { dtype: 'BOOL', offset: start + 4, byteLength: 4 });
});

test('a link is followed, so that references carry the real path', async t => {
  const folder = await temporaryFolder(t);
  const file = await writeRaw(folder, {}, bytes(0), 'blob');
  await symlink(file, path.join(folder, 'model.safetensors'));
  const header = await readSafetensorsHeader(path.join(folder, 'model.safetensors'));
  t.is(path.basename(header.file), 'blob');
});

test('a missing file is refused', async t => {
  const folder = await temporaryFolder(t);
  await throwsCode(t, () => readSafetensorsHeader(path.join(folder, 'none')), 'E_MODEL_NOT_FOUND');
});

const prefix = (length: bigint, rest = '{}') => {
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(length);
  return Buffer.concat([head, Buffer.from(rest)]);
};

/** What is wrong, the bytes of the file, and what the message must say. */
const damagedFiles: readonly (readonly [string, Uint8Array, RegExp])[] = [
  ['an empty file', bytes(0), /has 0 bytes/],
  ['a file shorter than the length of its header', bytes(5), /has 5 bytes/],
  ['a header that ends behind the file', prefix(100n), /ends at byte 108, but the file has 10 bytes/],
  ['a header above the limit', prefix(100_000_001n), /100000001 bytes, expected at most 100000000/],
  ['a header of 2^63 bytes', prefix(2n ** 63n), /expected at most/],
  ['an empty header', prefix(0n, ''), /does not begin/],
  ['a header that is an array', safetensorsBytes('[1]'), /does not begin/],
  ['a header that begins with a space', safetensorsBytes(' {}'), /does not begin/],
  ['a header that is not JSON', safetensorsBytes('{"a":'), /not JSON/],
  ['a header that is not UTF-8', Buffer.concat([prefix(3n, '{'), Buffer.of(0xff, 0x7d)]), /not UTF-8/],
  [
    'a name twice',
    safetensorsBytes(
      `{"a":${JSON.stringify(f32([1], 0, 4))},"a":${JSON.stringify(f32([1], 0, 4))}}`,
      bytes(4),
    ),
    /has "a" twice/,
  ],
  ['metadata that is not strings', safetensorsBytes({ __metadata__: { n: 1 } }), /__metadata__/],
  ['an entry that is not an object', safetensorsBytes({ a: [1] }), /describes a by/],
  [
    'an unknown type',
    safetensorsBytes({ a: f32([1], 0, 4, { dtype: 'F33' }) }, bytes(4)),
    /unknown element type "F33"/,
  ],
  [
    'a type named like a method',
    safetensorsBytes({ a: f32([1], 0, 4, { dtype: 'toString' }) }, bytes(4)),
    /unknown/,
  ],
  ['a negative extent', safetensorsBytes({ a: f32([-1], 0, 4) }, bytes(4)), /the shape \[-1\]/],
  ['a fractional extent', safetensorsBytes({ a: f32([0.5, 2], 0, 4) }, bytes(4)), /the shape/],
  [
    'a shape beyond all numbers',
    safetensorsBytes({ a: f32([2 ** 40, 2 ** 40], 0, 4) }, bytes(4)),
    /the shape/,
  ],
  [
    'a shape that is missing',
    safetensorsBytes({ a: { dtype: 'F32', data_offsets: [0, 4] } }, bytes(4)),
    /the shape/,
  ],
  ['offsets that run backwards', safetensorsBytes({ a: f32([1], 4, 0) }, bytes(4)), /the offsets \[4,0\]/],
  [
    'three offsets',
    safetensorsBytes({ a: { ...f32([1], 0, 4), data_offsets: [0, 4, 8] } }, bytes(8)),
    /the offsets/,
  ],
  [
    'offsets that disagree with the shape',
    safetensorsBytes({ a: f32([3], 0, 8) }, bytes(8)),
    /8 bytes, but F32 of shape \[3\] takes 12/,
  ],
  ['an overlap', safetensorsBytes({ a: f32([2], 0, 8), b: f32([2], 4, 12) }, bytes(12)), /b overlap/],
  [
    'two tensors at one place',
    safetensorsBytes({ a: f32([2], 0, 8), b: f32([2], 0, 8) }, bytes(8)),
    /overlap/,
  ],
  [
    'a hole',
    safetensorsBytes({ a: f32([1], 0, 4), b: f32([1], 8, 12) }, bytes(12)),
    /hole of 4 bytes before b/,
  ],
  ['a hole at the start', safetensorsBytes({ a: f32([1], 4, 8) }, bytes(8)), /hole of 4 bytes before a/],
  ['a file that is cut short', safetensorsBytes({ a: f32([4], 0, 16) }, bytes(15)), /cut short/],
  [
    'bytes behind the last tensor',
    safetensorsBytes({ a: f32([1], 0, 4) }, bytes(5)),
    /1 bytes that belong to no tensor/,
  ],
];

for (const [what, content, message] of damagedFiles)
  test(`${what} is refused`, async t => {
    const file = path.join(await temporaryFolder(t), 'model.safetensors');
    await writeFile(file, content);
    await throwsCode(t, () => readSafetensorsHeader(file), 'E_SAFETENSORS', message);
  });
