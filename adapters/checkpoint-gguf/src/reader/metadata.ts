import { fault } from '../fault.js';
import { type GgufValueType, valueTypes } from '../format/container.js';
import type { ByteCursor } from './byte-cursor.js';

/** A value of the metadata. Whole numbers beyond 2⁵³ are bigints. */
export type GgufValue = number | bigint | boolean | string | readonly GgufValue[];

export type Metadata = ReadonlyMap<string, GgufValue>;

/** Values in all arrays together: ten times what the largest vocabularies need. */
const MOST_VALUES = 2 ** 23;
/** Arrays in arrays. llama.cpp reads none, the format allows any depth. */
const DEEPEST = 4;

/** Bytes that a value takes at least. */
const leastBytes: Readonly<Record<GgufValueType, number>> = {
  u8: 1,
  i8: 1,
  u16: 2,
  i16: 2,
  u32: 4,
  i32: 4,
  f32: 4,
  bool: 1,
  string: 8,
  array: 12,
  u64: 8,
  i64: 8,
  f64: 8,
};

const typeNames = new Map<number, GgufValueType>(
  (Object.keys(valueTypes) as GgufValueType[]).map(name => [valueTypes[name], name]),
);

/** A key (u64 length), the u32 type of its value, and a value of one byte. */
export const LEAST_ENTRY = 13;

/**
 * Reads so many pairs of key and value.
 * @throws SecateurError E_GGUF
 */
export const readMetadata = (cursor: ByteCursor, entries: number): Metadata => {
  const { file } = cursor;
  const metadata = new Map<string, GgufValue>();
  const budget = { values: MOST_VALUES };
  for (let i = 0; i < entries; i++) {
    const key = cursor.string(`the key ${i} of its metadata`);
    if (metadata.has(key)) throw fault(file, `has the key ${show(key)} twice`);
    metadata.set(key, readValue(cursor, readType(cursor, key), { key, budget, depth: 0 }));
  }
  return metadata;
};

/** Where a value stands. */
interface Place {
  readonly key: string;
  readonly budget: { values: number };
  readonly depth: number;
}

const readType = (cursor: ByteCursor, key: string): GgufValueType => {
  const id = cursor.u32();
  const type = typeNames.get(id);
  if (type === undefined)
    throw fault(cursor.file, `gives ${show(key)} a value of type ${id}, expected 0 to 12`);
  return type;
};

const readValue = (cursor: ByteCursor, type: GgufValueType, place: Place): GgufValue => {
  switch (type) {
    case 'string':
      return cursor.string(`a value of ${show(place.key)}`);
    case 'array':
      return readArray(cursor, place);
    case 'bool': {
      const byte = cursor.u8();
      if (byte > 1)
        throw fault(cursor.file, `gives ${show(place.key)} the truth value ${byte}, expected 0 or 1`);
      return byte === 1;
    }
    case 'u64':
    case 'i64':
      return narrow(cursor[type]());
    default:
      return cursor[type]();
  }
};

const readArray = (cursor: ByteCursor, { key, budget, depth }: Place): readonly GgufValue[] => {
  if (depth === DEEPEST) throw fault(cursor.file, `nests arrays deeper than ${DEEPEST} in ${show(key)}`);
  const type = readType(cursor, key);
  const count = cursor.count(`values in ${show(key)}`, leastBytes[type]);
  budget.values -= count;
  if (budget.values < 0)
    throw fault(cursor.file, `has more than ${MOST_VALUES} values in its metadata, expected less`);
  const place = { key, budget, depth: depth + 1 };
  return Array.from({ length: count }, () => readValue(cursor, type, place));
};

const narrow = (value: bigint): number | bigint =>
  value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;

/** A name from a file, which may be long and hold anything, for an error. */
export const show = (name: string): string =>
  JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);
