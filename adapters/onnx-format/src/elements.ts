import { open } from 'node:fs/promises';
import type { OnnxBytes } from '@secateur/core';
import { type ElementType, widthOf } from './element-types.js';
import { fault } from './fault.js';

/** Little-endian elements as numbers. int64 beyond 2⁵³ is rounded: it says "to the end". */
export const decodeElements = (type: ElementType, bytes: Uint8Array): Float64Array => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = readers[type];
  const width = widthOf[type];
  return Float64Array.from({ length: bytes.byteLength / width }, (_, i) => read(view, i * width));
};

const readers: Readonly<Record<ElementType, (view: DataView, at: number) => number>> = {
  float: (view, at) => view.getFloat32(at, true),
  double: (view, at) => view.getFloat64(at, true),
  float16: (view, at) => fromHalf(view.getUint16(at, true)),
  bfloat16: (view, at) => fromUpperHalf(view.getUint16(at, true)),
  int64: (view, at) => Number(view.getBigInt64(at, true)),
  int32: (view, at) => view.getInt32(at, true),
  bool: (view, at) => (view.getUint8(at) === 0 ? 0 : 1),
  int8: (view, at) => view.getInt8(at),
  uint8: (view, at) => view.getUint8(at),
};

/** IEEE 754 binary16: 1 sign, 5 exponent, 10 fraction bits. */
const fromHalf = (bits: number): number => {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
};

/** A bfloat16 is the upper half of a float32. */
const fromUpperHalf = (bits: number): number => new Float32Array(Uint32Array.of(bits << 16).buffer)[0]!;

/** Bytes of a file; a plain error when it is gone or too short. */
export const readBytes = async ({ file, offset, byteLength }: OnnxBytes): Promise<Uint8Array> => {
  const bytes = Buffer.alloc(byteLength);
  const handle = await open(file);
  try {
    const { bytesRead } = await handle.read(bytes, 0, byteLength, offset);
    if (bytesRead < byteLength) throw new Error(`${bytesRead} of ${byteLength} bytes at ${offset}`);
  } finally {
    await handle.close();
  }
  return bytes;
};

/**
 * The elements of a tensor that lies in a file.
 * @throws SecateurError E_ONNX when the file cannot be read
 */
export const readElements = async (type: ElementType, at: OnnxBytes): Promise<Float64Array> =>
  decodeElements(
    type,
    await readBytes(at).catch(cause => {
      throw fault(at.file, 'cannot be read', { cause });
    }),
  );
