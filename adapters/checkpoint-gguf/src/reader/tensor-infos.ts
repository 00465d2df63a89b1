import type { Shape } from '@secateur/core/graph';
import { fault } from '../fault.js';
import { MOST_AXES } from '../format/container.js';
import { type GgmlType, ggmlBytes, ggmlTypeOf, ggmlTypes } from '../format/ggml-types.js';
import type { ByteCursor } from './byte-cursor.js';
import { show } from './metadata.js';

/** A tensor of a file. */
export interface GgufTensor {
  readonly name: string;
  readonly type: GgmlType;
  /** Row-major, the last axis is contiguous: the reverse of what the file says. */
  readonly shape: Shape;
  /** Of its first byte in the file. */
  readonly offset: number;
  readonly byteLength: number;
}

/** A name (u64 length), the u32 number of axes, one u64 extent, the u32 type and the u64 offset. */
export const LEAST_INFO = 32;

/** A tensor whose offset still counts from the beginning of the data. */
export const readTensorInfo = (cursor: ByteCursor, alignment: number): GgufTensor => {
  const { file } = cursor;
  const name = cursor.string('the name of a tensor');
  const axes = cursor.u32();
  if (axes < 1 || axes > MOST_AXES)
    throw fault(file, `gives the tensor ${show(name)} ${axes} axes, expected 1 to ${MOST_AXES}`);
  const extents = Array.from({ length: axes }, () => cursor.u64());
  const id = cursor.u32();
  const type = ggmlTypeOf(id);
  if (type === undefined)
    throw fault(file, `gives the tensor ${show(name)} the type ${id}, which is not known`, newer);
  const elements = extents.reduce((product, extent) => product * extent, 1n);
  // Nothing that fits into a file is larger, and below it numbers are exact.
  if (elements < 1n || elements > BigInt(2 ** 48))
    throw fault(file, `gives the tensor ${show(name)} the shape [${extents.join(', ')}], which cannot be`);
  const shape = extents.map(Number).reverse();
  const row = shape.at(-1)!;
  if (row % ggmlTypes[type].block !== 0)
    throw fault(
      file,
      `gives the tensor ${show(name)} rows of ${row} numbers, expected a multiple of ${ggmlTypes[type].block} for ${type}`,
    );
  const offset = cursor.u64();
  if (offset > BigInt(cursor.size) || offset % BigInt(alignment) !== 0n)
    throw fault(
      file,
      `puts the tensor ${show(name)} at byte ${offset}, expected a multiple of ${alignment} within the file`,
    );
  return { name, type, shape, offset: Number(offset), byteLength: ggmlBytes(type, Number(elements)) };
};

const newer = 'Check for a newer version of secateur, or take a file of another quantisation.';

/**
 * Tensors by name, with offsets in the file.
 * @param start where the data begins
 * @throws SecateurError E_GGUF when one goes beyond the file, two have one name, or two share bytes
 */
export const placeTensors = (
  file: string,
  size: number,
  start: number,
  infos: readonly GgufTensor[],
): ReadonlyMap<string, GgufTensor> => {
  const tensors = new Map<string, GgufTensor>();
  for (const info of infos) {
    const tensor = { ...info, offset: start + info.offset };
    if (tensor.offset + tensor.byteLength > size)
      throw fault(
        file,
        `has ${size} bytes, but the tensor ${show(info.name)} ends at byte ${tensor.offset + tensor.byteLength}`,
      );
    if (tensors.has(info.name)) throw fault(file, `has the tensor ${show(info.name)} twice`);
    tensors.set(info.name, tensor);
  }
  const sorted = [...tensors.values()].sort((a, b) => a.offset - b.offset);
  for (const [i, tensor] of sorted.entries()) {
    const before = sorted[i - 1];
    if (before && before.offset + before.byteLength > tensor.offset)
      throw fault(file, `has the tensors ${show(before.name)} and ${show(tensor.name)} in the same place`);
  }
  return tensors;
};
