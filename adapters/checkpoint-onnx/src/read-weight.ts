import { readElements, storedTypes } from '@secateur/adapter-onnx-format';
import { sizeOf, type TensorRef } from '@secateur/core/graph';

/** Bytes converted at a time: beside the result, no more than this is in memory. */
const WINDOW = 8 * 2 ** 20;

/** A stored tensor as float32, row-major. @throws SecateurError E_ONNX when the file cannot be read */
export const readWeight = async ({
  file,
  offset,
  byteLength,
  dtype,
  shape,
}: TensorRef): Promise<Float32Array> => {
  const out = new Float32Array(sizeOf(shape));
  const width = byteLength / Math.max(1, out.length);
  for (let done = 0; done < byteLength; done += WINDOW) {
    const part = { file, offset: offset + done, byteLength: Math.min(WINDOW, byteLength - done) };
    out.set(await readElements(storedTypes[dtype], part), done / width);
  }
  return out;
};
