import { readFully, withFile } from '@secateur/adapter-checkpoint-hf';
import { SecateurError } from '@secateur/core';
import { sizeOf } from '@secateur/core/graph';
import { fault } from '../fault.js';
import { ggmlBytes } from '../format/ggml-types.js';
import { show } from '../reader/metadata.js';
import type { GgufTensor } from '../reader/tensor-infos.js';
import { dequantize, isReadable, type ReadableType, readableTypes } from './dequantize.js';

/** Numbers that are in memory at a time, as long as a single run is not larger. */
const PIECE = 2 ** 20;

/**
 * The float32 elements of a tensor in pieces.
 * @param rows a piece is a multiple of so many rows
 * @throws SecateurError E_TENSOR_DTYPE, E_GGUF when the file was cut since it was opened, E_MODEL_NOT_FOUND
 */
export async function* readPieces(
  file: string,
  tensor: GgufTensor,
  rows = 1,
): AsyncGenerator<Float32Array, void, undefined> {
  const { name, shape, offset } = tensor;
  const type = readableTypeOf(file, tensor);
  const total = sizeOf(shape);
  const run = rows * shape.at(-1)!;
  const step = run * Math.max(1, Math.floor(PIECE / run));
  for (let start = 0; start < total; start += step) {
    const out = new Float32Array(Math.min(step, total - start));
    const bytes = new Uint8Array(ggmlBytes(type, out.length));
    const position = offset + ggmlBytes(type, start);
    const done = await withFile(file, handle => readFully(handle, bytes, position));
    if (done < bytes.length)
      throw fault(file, `ends at byte ${position + done}, inside the tensor ${show(name)}`);
    dequantize(type, bytes, out);
    yield out;
  }
}

/** @throws SecateurError E_TENSOR_DTYPE */
export const readableTypeOf = (file: string, { name, type }: GgufTensor): ReadableType => {
  if (isReadable(type)) return type;
  throw new SecateurError(
    'E_TENSOR_DTYPE',
    `${file} has the tensor ${show(name)} as ${type}, expected one of ${readableTypes.join(', ')}.`,
    { hint: 'Take a file of another quantisation of the model: Q4_K_M, Q8_0, or better F16 or BF16.' },
  );
};

/** A tensor as a whole. */
export const readWhole = async (file: string, tensor: GgufTensor): Promise<Float32Array> => {
  const out = new Float32Array(sizeOf(tensor.shape));
  let at = 0;
  for await (const piece of readPieces(file, tensor)) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
};
