import { readFile, truncate } from 'node:fs/promises';
import { temporaryFolder, throwsCode } from '@secateur/core/testing';
import test from 'ava';
import { ggufBytes, type Typed, text, u32, u64, writeBytes } from '../fixtures.test.data.js';
import { readWhole } from '../quants/read-pieces.js';
import { openGguf, parseGguf } from './open-gguf.js';

const parse = (bytes: Uint8Array) =>
  parseGguf('m.gguf', bytes.length, (buffer, position) => {
    const part = bytes.subarray(position, position + buffer.length);
    buffer.set(part);
    return part.length;
  });

const metadata: Readonly<Record<string, Typed>> = {
  u8: ['u8', 200],
  i8: ['i8', -3],
  u16: ['u16', 60_000],
  i16: ['i16', -300],
  u32: ['u32', 4_000_000_000],
  i32: ['i32', -5],
  f32: ['f32', 0.5],
  yes: ['bool', true],
  text: ['string', 'Ġ▁\u{feff}'],
  list: ['array', ['a', '', 'b'], 'string'],
  empty: ['array', [], 'f32'],
  nested: [
    'array',
    [
      ['array', [1, 2], 'u8'],
      ['array', [], 'i64'],
    ],
    'array',
  ],
  u64: ['u64', 7],
  large: ['u64', 2n ** 60n + 1n],
  i64: ['i64', -9],
  f64: ['f64', 0.1],
};
const tensors = {
  matrix: { extents: [2, 3] },
  blocks: { extents: [64, 2], type: 'Q8_0' },
} as const;

for (const version of [2, 3])
  test(`version ${version}: values of every type, and tensors with their axes reversed`, async t => {
    const file = await writeBytes(t, ggufBytes({ version, metadata, tensors }));
    const gguf = await openGguf(file);
    t.is(gguf.version as number, version);
    t.deepEqual(Object.fromEntries(gguf.metadata), {
      u8: 200,
      i8: -3,
      u16: 60_000,
      i16: -300,
      u32: 4_000_000_000,
      i32: -5,
      f32: 0.5,
      yes: true,
      text: 'Ġ▁\u{feff}',
      list: ['a', '', 'b'],
      empty: [],
      nested: [[1, 2], []],
      u64: 7,
      large: 2n ** 60n + 1n,
      i64: -9,
      f64: 0.1,
    });
    const { matrix, blocks } = Object.fromEntries(gguf.tensors);
    t.deepEqual(matrix!.shape, [3, 2]);
    t.like(blocks, { type: 'Q8_0', shape: [2, 64], byteLength: 136, offset: matrix!.offset + 32 });
    const stored = (await readFile(file)).subarray(matrix!.offset, matrix!.offset + 24);
    t.deepEqual(new Uint8Array((await readWhole(file, matrix!)).buffer), new Uint8Array(stored));
  });

test('strings and numbers across the border of the window', t => {
  const long = 'ä'.repeat(600_000);
  const many = Array.from({ length: 300_000 }, (_, i) => `t${i}`);
  const { metadata: found } = parse(
    ggufBytes({ metadata: { long: ['string', long], many: ['array', many, 'string'], end: ['u8', 1] } }),
  );
  t.is(found.get('long'), long);
  t.deepEqual(found.get('many'), many);
  t.is(found.get('end'), 1);
});

test('another alignment moves the data', t => {
  const aligned = (alignment: number) =>
    parse(ggufBytes({ alignment, metadata: { 'general.alignment': ['u32', alignment] }, tensors }));
  t.is(aligned(4096).tensors.get('matrix')!.offset, 4096);
  t.is(aligned(4096).tensors.get('blocks')!.offset, 8192);
});

const header = (tensorCount: number | bigint, entries: number | bigint, ...rest: readonly Uint8Array[]) =>
  Buffer.concat([Buffer.from('GGUF'), u32(3), u64(tensorCount), u64(entries), ...rest, Buffer.alloc(64)]);
const info = (name: string, extents: readonly (number | bigint)[], type: number, offset: number | bigint) =>
  Buffer.concat([text(name), u32(extents.length), ...extents.map(u64), u32(type), u64(offset)]);
const array = (type: number, count: number | bigint) => Buffer.concat([u32(9), u32(type), u64(count)]);
const deep = Buffer.concat([
  text('k'),
  u32(9),
  ...Array.from({ length: 9 }, () => Buffer.concat([u32(9), u64(1)])),
  u32(0),
  u64(0),
]);
const good = ggufBytes({ metadata, tensors });
const valid = header(0, 0);
const changed = (at: number, value: number) => {
  const copy = Buffer.from(valid);
  copy.writeUInt32LE(value, at);
  return copy;
};

const bad: readonly (readonly [string, Uint8Array, RegExp])[] = [
  ['an empty file', Buffer.alloc(0), /has 0 bytes, expected a header of at least 24/],
  ['another file', Buffer.alloc(64), /does not begin with GGUF/],
  ['version 1', changed(4, 1), /is of version 1, expected 2 or 3/],
  ['version 0', changed(4, 0), /is of version 0, expected 2 or 3/],
  ['a big-endian file', changed(4, 0x03000000), /is big-endian/],
  ['more tensors than bytes', header(2n ** 63n, 0), /9223372036854775808 tensors, but \d+ bytes are left/],
  ['more keys than bytes', header(0, 100), /100 keys, but 64 bytes are left/],
  ['a key beyond the file', header(0, 1, u64(2n ** 40n)), /1099511627776 bytes in the key 0/],
  ['a key that is not UTF-8', header(0, 1, text(Uint8Array.of(0xc3, 0x28))), /the key 0 .* not UTF-8/],
  [
    'a value that is not UTF-8',
    header(0, 1, text('k'), u32(8), text(Uint8Array.of(0xff))),
    /"k" that is not UTF-8/,
  ],
  ['an unknown type', header(0, 1, text('k'), u32(13)), /gives "k" a value of type 13/],
  ['a truth value of 2', header(0, 1, text('k'), u32(7), Buffer.of(2)), /the truth value 2/],
  ['an array beyond the file', header(0, 1, text('k'), array(10, 20)), /20 values in "k", but/],
  ['arrays in arrays in arrays', header(0, 1, deep), /nests arrays deeper than 4 in "k"/],
  [
    'a key twice',
    header(0, 2, text('k'), u32(0), Buffer.of(1), text('k'), u32(0), Buffer.of(1)),
    /the key "k" twice/,
  ],
  [
    'too many values',
    header(0, 1, text('k'), array(0, 2 ** 23 + 1), Buffer.alloc(2 ** 23)),
    /more than 8388608 values/,
  ],
  [
    'an alignment of 0',
    ggufBytes({ metadata: { 'general.alignment': ['u32', 0] } }),
    /aligns its tensors to 0/,
  ],
  [
    'an alignment of 24',
    ggufBytes({ metadata: { 'general.alignment': ['u32', 24] } }),
    /to 24, expected a power/,
  ],
  [
    'an alignment of a half',
    ggufBytes({ metadata: { 'general.alignment': ['f32', 0.5] }, tensors }),
    /to 0\.5, expected a power/,
  ],
  [
    'more tensors than a model has',
    Buffer.concat([header(2 ** 18 + 1, 0), Buffer.alloc(32 * (2 ** 18 + 1))]),
    /has 262145 tensors, expected at most 262144/,
  ],
  [
    'more keys than a model has',
    Buffer.concat([header(0, 2 ** 16 + 1), Buffer.alloc(13 * (2 ** 16 + 1))]),
    /has 65537 keys, expected at most 65536/,
  ],
  ['no axes', header(1, 0, info('a', [], 0, 0)), /"a" 0 axes/],
  ['five axes', header(1, 0, info('a', [1, 1, 1, 1, 1], 0, 0)), /"a" 5 axes/],
  ['an unknown tensor type', header(1, 0, info('a', [4], 4, 0)), /the type 4, which is not known/],
  ['an extent of 0', header(1, 0, info('a', [0, 4], 0, 0)), /the shape \[0, 4\], which cannot be/],
  ['extents that overflow', header(1, 0, info('a', [2n ** 63n, 2n ** 63n], 0, 0)), /which cannot be/],
  [
    'rows that are no blocks',
    header(1, 0, info('a', [16, 2], 8, 0)),
    /rows of 16 numbers, expected a multiple of 32 for Q8_0/,
  ],
  ['an offset between', header(1, 0, info('a', [4], 0, 4)), /at byte 4, expected a multiple of 32/],
  ['an offset beyond the file', header(1, 0, info('a', [4], 0, 2n ** 63n)), /at byte 9223372036854775808/],
  [
    'a tensor beyond the file',
    header(1, 0, info('a', [4000], 0, 0)),
    /but the tensor "a" ends at byte 16\d\d\d/,
  ],
  ['a name twice', header(2, 0, info('a', [1], 0, 0), info('a', [1], 0, 32)), /the tensor "a" twice/],
  [
    'tensors that overlap',
    header(2, 0, info('a', [9], 0, 0), info('b', [1], 0, 32)),
    /"a" and "b" in the same place/,
  ],
  ['a file cut in its header', good.subarray(0, 300), /.*/],
  ['a file cut in its data', good.subarray(0, -33), /ends at byte/],
];

for (const [what, bytes, message] of bad)
  test(`${what} is refused`, t => throwsCode(t, () => parse(bytes), 'E_GGUF', message));

test('a file that is gone, or was cut after it was opened', async t => {
  await throwsCode(t, async () => openGguf(`${await temporaryFolder(t)}/none`), 'E_MODEL_NOT_FOUND');
  const file = await writeBytes(t, good);
  const tensor = (await openGguf(file)).tensors.get('blocks')!;
  await truncate(file, tensor.offset + 10);
  await throwsCode(t, () => readWhole(file, tensor), 'E_GGUF', /inside the tensor "blocks"/);
});
