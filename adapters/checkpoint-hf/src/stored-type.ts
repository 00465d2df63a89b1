import { type Shape, type StoredDType, sizeOf } from '@secateur/core/graph';

/** Element types of the safetensors format with their widths in bits, in the order of the reference implementation. */
const widths = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
} as const;

export type SafetensorsDType = keyof typeof widths;

export const safetensorsDTypes = Object.keys(widths);

export const isSafetensorsDType = (name: unknown): name is SafetensorsDType =>
  typeof name === 'string' && Object.hasOwn(widths, name);

/** Width of one element in bits. */
export const bitsOf = (dtype: SafetensorsDType): number => widths[dtype];

const ranks = new Map(Object.keys(widths).map((dtype, rank) => [dtype, rank]));

/** Place in the order by which a file is laid out: the largest comes first, so that every tensor is aligned. */
export const rankOf = (dtype: SafetensorsDType): number => ranks.get(dtype)!;

/** Bytes that a tensor takes in a file; a fraction when a sub-byte type does not fill its last byte. */
export const byteLengthOf = (dtype: SafetensorsDType, shape: Shape): number =>
  (sizeOf(shape) * widths[dtype]) / 8;

const weightTypes: readonly string[] = ['F64', 'F32', 'F16', 'BF16'] satisfies readonly StoredDType[];

/** True for the types that can be read as weights. */
export const isWeightType = (dtype: string): dtype is StoredDType => weightTypes.includes(dtype);
