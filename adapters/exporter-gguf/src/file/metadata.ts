import { valueTypes } from '@secateur/adapter-checkpoint-gguf';

type NumberType = 'u32' | 'i32' | 'u64' | 'f32';

/** A value of the metadata, of the types that are written here. */
export type MetadataValue =
  | { readonly type: 'u32' | 'f32'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'array'; readonly of: 'i32' | 'f32'; readonly values: readonly number[] }
  | { readonly type: 'array'; readonly of: 'string'; readonly values: readonly string[] };

/** Keys and values, in order, as the bytes of a file. */
export const encodeMetadata = (metadata: ReadonlyMap<string, MetadataValue>): readonly Uint8Array[] =>
  [...metadata].flatMap(([key, value]) => [
    encodeString(key),
    number('u32', valueTypes[value.type]),
    ...encodeValue(value),
  ]);

const encodeValue = (value: MetadataValue): readonly Uint8Array[] => {
  switch (value.type) {
    case 'string':
      return [encodeString(value.value)];
    case 'bool':
      return [Uint8Array.of(value.value ? 1 : 0)];
    case 'array':
      return [
        number('u32', valueTypes[value.of]),
        number('u64', value.values.length),
        ...(value.of === 'string'
          ? value.values.map(encodeString)
          : value.values.map(entry => number(value.of, entry))),
      ];
    default:
      return [number(value.type, value.value)];
  }
};

/** An u64 length in bytes, then UTF-8. */
export const encodeString = (text: string): Uint8Array => {
  const bytes = Buffer.from(text, 'utf8');
  return Buffer.concat([number('u64', bytes.byteLength), bytes]);
};

/** A number, little-endian. */
export const number = (type: NumberType, value: number): Uint8Array => {
  const bytes = Buffer.alloc(type === 'u64' ? 8 : 4);
  if (type === 'u64') bytes.writeBigUInt64LE(BigInt(value));
  else if (type === 'u32') bytes.writeUInt32LE(value);
  else if (type === 'i32') bytes.writeInt32LE(value);
  else bytes.writeFloatLE(value);
  return bytes;
};
