import fc from 'fast-check';
import { safetensorsBytes } from './fixtures.test.data.js';

/** A change of a file. Places are taken modulo the length of what they lie in, so that every change fits every file. */
export type Mutation =
  | { readonly kind: 'flip'; readonly at: number; readonly bits: number }
  /** A flip near the end of the file, where a safetensors file has its data. */
  | { readonly kind: 'data'; readonly at: number; readonly bits: number }
  | { readonly kind: 'cut'; readonly at: number }
  | { readonly kind: 'drop'; readonly at: number; readonly count: number }
  | { readonly kind: 'insert'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'splice'; readonly at: number; readonly other: number; readonly from: number }
  | { readonly kind: 'length'; readonly value: bigint }
  | {
      readonly kind: 'token';
      readonly at: number;
      readonly edit: 'replace' | 'insert' | 'drop' | 'twice' | 'swap';
      readonly text: string;
      /** Whether the length of the header follows. */
      readonly honest: boolean;
    };

/** Pieces that are too long for the print of a counterexample stand there under these names. */
const long: Readonly<Record<string, string>> = {
  DEEP: '['.repeat(20_000),
  'DEEP LIST': `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
  'DEEP OBJECT': `${'{"a":'.repeat(20_000)}0${'}'.repeat(20_000)}`,
  ESCAPES: `"${'\\n'.repeat(20_000)}"`,
  LONG: `"${'x'.repeat(20_000)}"`,
  'LONG NAME': `"${'n'.repeat(5000)}.safetensors"`,
  'LONG LIST': `[${'1,'.repeat(5000)}1]`,
};

/** Pieces of JSON that a header, an index or a config may not expect where they come to stand. */
const pieces: readonly string[] = [
  ...['0', '-0', '1', '-1', '1.5', '3', '4', '8', '24', '1e2', '1e400', '-1e400', '4294967296', '2147483648'],
  ...['9007199254740991', '9007199254740993', '18446744073709551616', '01', 'NaN'],
  ...['null', 'true', '{}', '[]', '""', '"', '[', ']', '{', '}', ',', ':', '\\', '\\u0000', '\n', '\xff\xfe'],
  ...['"F32"', '"F16"', '"BF16"', '"F64"', '"U8"', '"F4"', '"F6_E2M3"', '"toString"', '"dtype"', '"shape"'],
  ...['"data_offsets"', '"__metadata__"', '"__proto__"', '"constructor"', '"a"', '"\\ud800"', '"\\u0061"'],
  ...['"../x.safetensors"', '"a.safetensors"', '"\\u0000.safetensors"'],
  ...['[0,0]', '[0,8]', '[8,0]', '[9007199254740991,9007199254740991,0]'],
  ...['DEEP', 'DEEP LIST', 'DEEP OBJECT', 'ESCAPES', 'LONG', 'LONG NAME', 'LONG LIST'],
];

const place = fc.nat({ max: 2 ** 31 - 1 });
const someBytes = fc.uint8Array({ minLength: 1, maxLength: 16 });

const lengths = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.bigInt({ min: 0n, max: 1000n }),
  fc.constantFrom(2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 63n, 90_000_000n, 99_999_992n, 100_000_000n),
);

const token: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.constant('token'),
  at: place,
  edit: fc.constantFrom('replace', 'replace', 'replace', 'insert', 'drop', 'twice', 'swap'),
  text: fc.oneof(
    { arbitrary: fc.constantFrom(...pieces), weight: 4 },
    { arbitrary: fc.constantFrom(' ', '  '), weight: 1 },
  ),
  honest: fc.constantFrom(true, true, true, false),
});

const ofBytes: readonly fc.Arbitrary<Mutation>[] = [
  fc.record({ kind: fc.constant('flip'), at: place, bits: fc.integer({ min: 1, max: 255 }) }),
  fc.record({ kind: fc.constant('data'), at: fc.nat(40), bits: fc.integer({ min: 1, max: 255 }) }),
  fc.record({ kind: fc.constant('cut'), at: place }),
  fc.record({ kind: fc.constant('drop'), at: place, count: fc.integer({ min: 1, max: 64 }) }),
  fc.record({ kind: fc.constant('insert'), at: place, bytes: someBytes }),
  fc.record({ kind: fc.constant('splice'), at: place, other: place, from: place }),
];

/** Often one change, at times up to three. */
const changes = (one: fc.Arbitrary<Mutation>): fc.Arbitrary<readonly Mutation[]> =>
  fc.oneof(
    { arbitrary: fc.tuple(one), weight: 3 },
    { arbitrary: fc.array(one, { minLength: 2, maxLength: 3 }), weight: 1 },
  );

/** Changes of a safetensors file. */
export const mutations = changes(
  fc.oneof({ arbitrary: token, weight: 5 }, ...ofBytes.map(arbitrary => ({ arbitrary, weight: 1 })), {
    arbitrary: fc.record({ kind: fc.constant('length'), value: lengths }),
    weight: 1,
  }),
);

/** Changes of a file that is JSON throughout. */
export const jsonMutations = changes(
  fc.oneof({ arbitrary: token, weight: 5 }, ...ofBytes.map(arbitrary => ({ arbitrary, weight: 1 }))),
);

const within = (at: number, length: number): number => at % (length + 1);

/** Changes one token of a JSON text. Latin-1 stands for bytes. */
const editToken = (json: string, { at, edit, text: name }: Mutation & { kind: 'token' }): string => {
  const text = long[name] ?? name;
  const tokens = json.match(/"[^"]*"|-?[\w.]+|[^\w"]/g) ?? [''];
  const i = at % tokens.length;
  const [one, next = ''] = [tokens[i]!, tokens[i + 1]];
  const instead = {
    replace: [text, next],
    insert: [one, text, next],
    drop: [next],
    twice: [one, one, next],
    swap: [next, one],
  }[edit];
  return [...tokens.slice(0, i), ...instead, ...tokens.slice(i + 2)].join('');
};

/** @param others what a splice takes the end from */
const mutate = (file: Buffer, mutation: Mutation, others: readonly Buffer[], json: boolean): Buffer => {
  switch (mutation.kind) {
    case 'flip':
    case 'data': {
      const copy = Buffer.from(file);
      const at = mutation.at % copy.length;
      if (copy.length > 0) copy[mutation.kind === 'flip' ? at : copy.length - 1 - at]! ^= mutation.bits;
      return copy;
    }
    case 'cut':
      return file.subarray(0, within(mutation.at, file.length));
    case 'drop': {
      const at = within(mutation.at, file.length);
      return Buffer.concat([file.subarray(0, at), file.subarray(at + mutation.count)]);
    }
    case 'insert': {
      const at = within(mutation.at, file.length);
      return Buffer.concat([file.subarray(0, at), mutation.bytes, file.subarray(at)]);
    }
    case 'splice': {
      const other = others[mutation.other % others.length]!;
      const head = file.subarray(0, within(mutation.at, file.length));
      return Buffer.concat([head, other.subarray(within(mutation.from, other.length))]);
    }
    case 'length': {
      const prefix = Buffer.alloc(8);
      prefix.writeBigUInt64LE(mutation.value);
      return Buffer.concat([prefix, file.subarray(8)]);
    }
    case 'token': {
      if (json) return Buffer.from(editToken(file.toString('latin1'), mutation), 'latin1');
      const length = file.length < 8 ? 0n : file.readBigUInt64LE();
      const end = length > BigInt(file.length) ? file.length : 8 + Number(length);
      const header = Buffer.from(editToken(file.subarray(8, end).toString('latin1'), mutation), 'latin1');
      const prefix = Buffer.alloc(8);
      prefix.writeBigUInt64LE(mutation.honest ? BigInt(header.length) : length);
      return Buffer.concat([prefix, header, file.subarray(end)]);
    }
  }
};

/** The file after all changes; `json` when it is JSON throughout. */
export const mutated = (
  file: Buffer,
  changes: readonly Mutation[],
  others: readonly Buffer[],
  json = false,
): Buffer => changes.reduce((now, change) => mutate(now, change, others, json), file);

const entry = (dtype: string, shape: readonly number[], begin: number, end: number) => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});
const filled = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i * 11);

/** Files that are right: what a writer of each kind makes. */
export const rightFiles: readonly Buffer[] = [
  safetensorsBytes({ w: entry('F32', [2], 0, 8) }, filled(8)),
  safetensorsBytes(
    {
      __metadata__: { format: 'pt', note: 'a "quoted" one' },
      'model.embed.weight': entry('F32', [2, 3], 0, 24),
      'model.norm.weight': entry('BF16', [4], 24, 32),
      scalar: entry('F64', [], 32, 40),
      empty: entry('F16', [0, 7], 40, 40),
      mask: entry('BOOL', [3], 40, 43),
      tail: entry('F16', [2, 1, 2], 43, 51),
    },
    filled(51),
  ),
  safetensorsBytes(
    Object.fromEntries(
      Array.from({ length: 40 }, (_, i) => [`layers.${i}.w`, entry('F32', [1], 4 * i, 4 * i + 4)]),
    ),
    filled(160),
  ),
  safetensorsBytes({}),
];
