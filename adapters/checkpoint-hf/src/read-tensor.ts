import { SecateurError } from '@secateur/core';
import { sizeOf, type TensorRef } from '@secateur/core/graph';
import { decodeBFloat16, decodeFloat16 } from './half.js';
import { withFile } from './open-file.js';
import { type ByteSource, readFully } from './read-fully.js';
import { damaged, type SafetensorsEntry } from './safetensors-header.js';
import { isWeightType } from './stored-type.js';

/** Bytes converted at a time: beside the result, no more than this is in memory. */
const WINDOW = 4 * 2 ** 20;

/** Views of the typed arrays are little-endian, as the format is: so is every processor that Node is built for today but s390x. */
const decoders = {
  BF16: (bytes: ArrayBuffer, out: Float32Array) => decodeBFloat16(new Uint16Array(bytes, 0, out.length), out),
  F16: (bytes: ArrayBuffer, out: Float32Array) => decodeFloat16(new Uint16Array(bytes, 0, out.length), out),
  F64: (bytes: ArrayBuffer, out: Float32Array) => out.set(new Float64Array(bytes, 0, out.length)),
} as const;

/**
 * A stored tensor as float32, row-major; F64 is rounded, F16 and BF16 are widened exactly.
 * @throws SecateurError E_TENSOR_DTYPE for other element types, E_SAFETENSORS when the file ends too early,
 * E_MODEL_NOT_FOUND when it is gone
 */
export const readTensor = async (ref: TensorRef | SafetensorsEntry): Promise<Float32Array> => {
  const { file, offset, byteLength, dtype, shape } = ref;
  if (!isWeightType(dtype))
    throw new SecateurError(
      'E_TENSOR_DTYPE',
      `The tensor at byte ${offset} of ${file} has the element type ${dtype}, expected F64, F32, F16 or BF16.`,
      { hint: 'Quantised checkpoints cannot be pruned: take the original one.' },
    );
  const out = new Float32Array(sizeOf(shape));
  if (dtype === 'F32') {
    await withFile(file, handle => fill(handle, new Uint8Array(out.buffer), file, offset));
    return out;
  }
  await withFile(file, async handle => {
    const decode = decoders[dtype];
    const width = dtype === 'F64' ? 8 : 2;
    const window = new ArrayBuffer(Math.min(WINDOW, byteLength));
    for (let start = 0; start < out.length; start += window.byteLength / width) {
      const part = out.subarray(start, start + window.byteLength / width);
      await fill(handle, new Uint8Array(window, 0, part.length * width), file, offset + start * width);
      decode(window, part);
    }
  });
  return out;
};

/** Typed arrays that hold stored elements as they are. */
const arrays = {
  F64: Float64Array,
  F32: Float32Array,
  I64: BigInt64Array,
  I32: Int32Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  U8: Uint8Array,
} as const;

export type ElementDType = keyof typeof arrays;
export type ElementArray =
  | Float64Array
  | Float32Array
  | BigInt64Array
  | Int32Array
  | Uint16Array
  | Uint8Array;

const isElementType = (dtype: string): dtype is ElementDType => Object.hasOwn(arrays, dtype);

/**
 * A stored tensor in the typed array of its own element type; F16 and BF16 as their bits.
 * @throws SecateurError E_TENSOR_DTYPE for types without such an array, E_SAFETENSORS, E_MODEL_NOT_FOUND
 */
export const readElements = async (entry: SafetensorsEntry): Promise<ElementArray> => {
  const { file, offset, byteLength, dtype } = entry;
  if (!isElementType(dtype))
    throw new SecateurError(
      'E_TENSOR_DTYPE',
      `The tensor at byte ${offset} of ${file} has the element type ${dtype}, expected one of ${Object.keys(arrays).join(', ')}.`,
    );
  const bytes = new Uint8Array(byteLength);
  await withFile(file, handle => fill(handle, bytes, file, offset));
  return new arrays[dtype](bytes.buffer);
};

const fill = async (source: ByteSource, bytes: Uint8Array, file: string, position: number): Promise<void> => {
  const done = await readFully(source, bytes, position);
  if (done < bytes.length) throw damaged(file, `ends at byte ${position + done}, inside a tensor`);
};
