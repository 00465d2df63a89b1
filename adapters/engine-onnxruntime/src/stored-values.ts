import { open } from 'node:fs/promises';
import { SecateurError } from '@secateur/core';
import type { StoredDType, TensorRef } from '@secateur/core/graph';

/**
 * The elements of a stored tensor as doubles, for proofs in float64 on small models.
 * @throws SecateurError E_ENGINE when the file is gone or too short.
 */
export const readStoredValues = async ({
  file,
  offset,
  byteLength,
  dtype,
}: TensorRef): Promise<Float64Array> => {
  const bytes = Buffer.alloc(byteLength);
  try {
    const handle = await open(file);
    try {
      const { bytesRead } = await handle.read(bytes, 0, byteLength, offset);
      if (bytesRead < byteLength) throw new Error(`${bytesRead} of ${byteLength} bytes at ${offset}`);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw new SecateurError('E_ENGINE', `The weight file ${file} cannot be read.`, { cause });
  }
  return decode(bytes, dtype);
};

const bytesPerElement = { F64: 8, F32: 4, F16: 2, BF16: 2 } as const;

const decode = (bytes: Buffer, dtype: StoredDType): Float64Array => {
  const size = bytesPerElement[dtype];
  const element = elementReaders[dtype];
  return Float64Array.from({ length: bytes.length / size }, (_, i) => element(bytes, i * size));
};

const elementReaders: Readonly<Record<StoredDType, (bytes: Buffer, at: number) => number>> = {
  F64: (bytes, at) => bytes.readDoubleLE(at),
  F32: (bytes, at) => bytes.readFloatLE(at),
  BF16: (bytes, at) => fromBits(bytes.readUInt16LE(at) << 16),
  F16: (bytes, at) => fromHalf(bytes.readUInt16LE(at)),
};

const word = new DataView(new ArrayBuffer(4));
const fromBits = (bits: number): number => {
  word.setInt32(0, bits);
  return word.getFloat32(0);
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
