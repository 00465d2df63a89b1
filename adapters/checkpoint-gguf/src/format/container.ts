/** The bytes `GGUF`, as a little-endian number. */
export const GGUF_MAGIC = 0x46554747;
/** What is written; version 2 differs in nothing that is read here. */
export const GGUF_VERSION = 3;
/** Where `general.alignment` is absent: tensors, and the data as a whole, begin at multiples of it. */
export const DEFAULT_ALIGNMENT = 32;
/** Axes of a tensor, as GGML has them. */
export const MOST_AXES = 4;

/** Types of metadata values, by the number that stands before them. All numbers are little-endian. */
export const valueTypes = {
  u8: 0,
  i8: 1,
  u16: 2,
  i16: 3,
  u32: 4,
  i32: 5,
  f32: 6,
  /** One byte, 0 or 1. */
  bool: 7,
  /** An u64 length and as many bytes of UTF-8. */
  string: 8,
  /** The u32 type of its values, their u64 number, then the values. */
  array: 9,
  u64: 10,
  i64: 11,
  f64: 12,
} as const;

export type GgufValueType = keyof typeof valueTypes;

/** Bytes from `position` to the next multiple of the alignment. */
export const paddingAt = (position: number, alignment: number): number =>
  (alignment - (position % alignment)) % alignment;
