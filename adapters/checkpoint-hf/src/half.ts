import { SecateurError } from '@secateur/core';

/** Widens bfloat16 bits to float32: bfloat16 is the upper half of a float32. */
export const decodeBFloat16 = (bits: Uint16Array, out: Float32Array): void => {
  const words = new Uint32Array(out.buffer, out.byteOffset, out.length);
  for (let i = 0; i < bits.length; i++) words[i] = bits[i]! << 16;
};

/** Widens IEEE 754 binary16 bits to float32. */
export const decodeFloat16 = (bits: Uint16Array, out: Float32Array): void => {
  float16Table ??= Float32Array.from({ length: 0x10000 }, (_, half) => float16Value(half));
  for (let i = 0; i < bits.length; i++) out[i] = float16Table[bits[i]!]!;
};

/** All 65536 values, made on first use: a load per element is far faster than taking each apart. */
let float16Table: Float32Array | undefined;

const float16Value = (half: number): number => {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
};

/**
 * Rounds float32 to bfloat16, ties to even. NaN and infinities stay what they are.
 * @throws SecateurError E_NUMERICS when a finite number rounds to infinity
 */
export const encodeBFloat16 = (values: Float32Array): Uint16Array => {
  const words = bitsOf(values);
  const out = new Uint16Array(words.length);
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const magnitude = word & 0x7fffffff;
    if (magnitude > INFINITY) out[i] = (word >>> 16) | 0x40;
    else if (magnitude >= 0x7f7f8000 && magnitude < INFINITY) throw overflow(values[i]!, 'bfloat16');
    else out[i] = (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  }
  return out;
};

/**
 * Rounds float32 to IEEE 754 binary16, ties to even; small numbers become subnormal. NaN and infinities stay.
 * @throws SecateurError E_NUMERICS when a finite number is 65520 or more, which rounds to infinity
 */
export const encodeFloat16 = (values: Float32Array): Uint16Array => {
  const words = bitsOf(values);
  const out = new Uint16Array(words.length);
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const sign = (word >>> 16) & 0x8000;
    const magnitude = word & 0x7fffffff;
    if (magnitude >= INFINITY) out[i] = sign | (magnitude > INFINITY ? 0x7e00 : 0x7c00);
    else if (magnitude >= 0x477ff000) throw overflow(values[i]!, 'float16');
    else if (magnitude < 0x38800000) out[i] = sign | subnormal(magnitude);
    else out[i] = sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
  }
  return out;
};

const INFINITY = 0x7f800000;

/** Below 2^-14 a binary16 counts steps of 2^-24. May round up to the smallest normal number, whose bits follow on. */
const subnormal = (magnitude: number): number => {
  const shift = 126 - (magnitude >>> 23);
  if (shift > 24) return 0;
  const significand = (magnitude & 0x7fffff) | 0x800000;
  const steps = significand >>> shift;
  const rest = significand & ((1 << shift) - 1);
  const tie = 1 << (shift - 1);
  return rest > tie || (rest === tie && steps & 1) ? steps + 1 : steps;
};

const bitsOf = (values: Float32Array): Uint32Array =>
  new Uint32Array(values.buffer, values.byteOffset, values.length);

const overflow = (value: number, type: string): SecateurError =>
  new SecateurError('E_NUMERICS', `The weight ${value} is too large for ${type}.`, {
    hint: 'Write the model as F32, or as BF16, whose range is that of F32.',
  });
