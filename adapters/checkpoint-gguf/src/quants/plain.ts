import { decodeBFloat16 } from '@secateur/adapter-checkpoint-hf';
import type { Dequantizer } from './dequantizer.js';
import { halfTable } from './half-table.js';

/** Bytes as elements of their own, wherever they lie. */
const copied = (bytes: Uint8Array): ArrayBuffer => bytes.slice().buffer;

export const f32: Dequantizer = (bytes, out) =>
  new Uint8Array(out.buffer, out.byteOffset, out.byteLength).set(bytes);

/** Rounded. */
export const f64: Dequantizer = (bytes, out) => out.set(new Float64Array(copied(bytes)));

export const bf16: Dequantizer = (bytes, out) => decodeBFloat16(new Uint16Array(copied(bytes)), out);

export const f16: Dequantizer = (bytes, out) => {
  const half = halfTable();
  const bits = new Uint16Array(copied(bytes));
  for (let i = 0; i < bits.length; i++) out[i] = half[bits[i]!]!;
};
