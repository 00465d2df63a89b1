import path from 'node:path';
import { type Shape, sizeOf } from '@secateur/core/graph';
import type { ElementArray, ElementDType } from './read-tensor.js';
import { type StagedFile, stageFiles } from './staging.js';
import { bitsOf, byteLengthOf, rankOf } from './stored-type.js';

/** A tensor to be written, whose elements are given when their turn comes. */
export interface TensorSource {
  readonly name: string;
  readonly dtype: ElementDType;
  readonly shape: Shape;
  /**
   * Called once. The elements in the stored type, F16 and BF16 as their bits: all of them, or pieces in their order,
   * where not all need to be in memory.
   */
  elements(): ElementArray | Promise<ElementArray> | AsyncIterable<ElementArray>;
}

/** The metadata that transformers asks for. */
const defaultMetadata: Readonly<Record<string, string>> = { format: 'pt' };

/**
 * Writes a safetensors file: temporary name, synced, renamed; on failure nothing is left.
 * The same tensors give the same bytes, which are those of the reference implementation: wider element types first,
 * then by name, without holes; compact JSON, padded with spaces to a multiple of 8.
 */
export const writeSafetensors = (
  file: string,
  tensors: readonly TensorSource[],
  metadata: Readonly<Record<string, string>> = defaultMetadata,
): Promise<void> =>
  stageFiles(path.dirname(file), staging =>
    staging.write(path.basename(file), staged => streamSafetensors(staged, tensors, metadata)),
  );

/** Writes header and tensors into an open file, one tensor at a time. */
export const streamSafetensors = async (
  file: StagedFile,
  tensors: readonly TensorSource[],
  metadata: Readonly<Record<string, string>> = defaultMetadata,
): Promise<void> => {
  const ordered = [...tensors].sort(byTypeThenName);
  await file.write(headerBytes(ordered, metadata));
  for (const tensor of ordered) await streamElements(file, tensor);
};

const streamElements = async (file: StagedFile, tensor: TensorSource): Promise<void> => {
  const { name, dtype, shape } = tensor;
  const expected = sizeOf(shape);
  const given = await tensor.elements();
  const check = (fits: boolean, found: string): void => {
    if (!fits) throw new Error(`${name}: ${found} do not make ${dtype} of shape [${shape.join(', ')}]`);
  };
  let count = 0;
  for await (const piece of Symbol.asyncIterator in given ? given : [given]) {
    count += piece.length;
    const fits = count <= expected && piece.BYTES_PER_ELEMENT * 8 === bitsOf(dtype);
    check(fits, `${count} elements of ${piece.BYTES_PER_ELEMENT} bytes`);
    await file.write(new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength));
  }
  check(count === expected, `${count} elements`);
};

/** A tensor that is in memory, with the element type of its array. */
export const tensorOf = (
  name: string,
  shape: Shape,
  data: Float64Array | Float32Array | BigInt64Array | Int32Array | Uint8Array,
): TensorSource => ({ name, shape, dtype: dtypeOf(data), elements: () => data });

const dtypeOf = (data: ElementArray): ElementDType => {
  if (data instanceof Float64Array) return 'F64';
  if (data instanceof Float32Array) return 'F32';
  if (data instanceof BigInt64Array) return 'I64';
  return data instanceof Int32Array ? 'I32' : 'U8';
};

const byTypeThenName = (a: TensorSource, b: TensorSource): number =>
  rankOf(b.dtype) - rankOf(a.dtype) || (a.name < b.name ? -1 : Number(a.name > b.name));

const headerBytes = (
  tensors: readonly TensorSource[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array => {
  const entries = new Map<string, unknown>([['__metadata__', metadata]]);
  let end = 0;
  for (const { name, dtype, shape } of tensors) {
    if (entries.has(name)) throw new Error(`two tensors are named "${name}"`);
    const begin = end;
    end += byteLengthOf(dtype, shape);
    entries.set(name, { dtype, shape, data_offsets: [begin, end] });
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const bytes = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(bytes.length - 8), true);
  bytes.set(json, 8);
  return bytes;
};
