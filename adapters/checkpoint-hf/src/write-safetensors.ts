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
  /** Called once. The elements in the stored type; F16 and BF16 as their bits. */
  elements(): ElementArray | Promise<ElementArray>;
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
  for (const tensor of ordered) {
    const elements = await tensor.elements();
    if (elements.length !== sizeOf(tensor.shape) || elements.BYTES_PER_ELEMENT * 8 !== bitsOf(tensor.dtype))
      throw new Error(
        `${tensor.name}: ${elements.length} elements of ${elements.BYTES_PER_ELEMENT} bytes do not make ` +
          `${tensor.dtype} of shape [${tensor.shape.join(', ')}]`,
      );
    await file.write(new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength));
  }
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
