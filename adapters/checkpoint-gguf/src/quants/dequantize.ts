import type { GgmlType } from '../format/ggml-types.js';
import { q4_0, q4_1, q5_0, q5_1, q8_0 } from './blocks-of-32.js';
import type { Dequantizer } from './dequantizer.js';
import { q4_k, q5_k, q6_k } from './k-quants.js';
import { bf16, f16, f32, f64 } from './plain.js';

const dequantizers = {
  F32: f32,
  F16: f16,
  BF16: bf16,
  F64: f64,
  Q8_0: q8_0,
  Q4_0: q4_0,
  Q4_1: q4_1,
  Q5_0: q5_0,
  Q5_1: q5_1,
  Q4_K: q4_k,
  Q5_K: q5_k,
  Q6_K: q6_k,
} as const satisfies Partial<Record<GgmlType, Dequantizer>>;

/** Element types that can be read as weights. */
export type ReadableType = keyof typeof dequantizers;

export const readableTypes: readonly string[] = Object.keys(dequantizers);

export const isReadable = (type: GgmlType): type is ReadableType => Object.hasOwn(dequantizers, type);

/** @param out as many numbers as the blocks in `bytes` hold */
export const dequantize = (type: ReadableType, bytes: Uint8Array, out: Float32Array): void =>
  dequantizers[type](bytes, out);
