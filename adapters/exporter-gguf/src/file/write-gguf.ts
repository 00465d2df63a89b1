import {
  DEFAULT_ALIGNMENT,
  GGUF_MAGIC,
  GGUF_VERSION,
  type GgmlType,
  ggmlBytes,
  ggmlTypes,
  paddingAt,
} from '@secateur/adapter-checkpoint-gguf';
import type { StagedFile } from '@secateur/adapter-checkpoint-hf';
import { type Shape, sizeOf } from '@secateur/core/graph';
import { encodeMetadata, encodeString, type MetadataValue, number } from './metadata.js';

/** A tensor of a GGUF file that is being written. */
export interface GgufTensorSource {
  readonly name: string;
  /** Row-major, the last axis is contiguous; the file has it reversed. */
  readonly shape: Shape;
  readonly type: GgmlType;
  /** Its bytes as `type` stores them. Called once, when they are to be written. */
  readonly bytes: () => Promise<Uint8Array>;
}

/**
 * Appends a GGUF file of version 3. Tensors are taken one after the other.
 * @param written is told the bytes of tensors so far and in all
 */
export const writeGguf = async (
  file: StagedFile,
  metadata: ReadonlyMap<string, MetadataValue>,
  tensors: readonly GgufTensorSource[],
  written: (done: number, total: number) => void = () => {},
): Promise<void> => {
  const header = encodeHeader(metadata, tensors);
  await file.write(header);
  const total = tensors.reduce((sum, tensor) => sum + padded(byteLengthOf(tensor)), 0);
  let done = 0;
  for (const tensor of tensors) {
    const bytes = await tensor.bytes();
    if (bytes.byteLength !== byteLengthOf(tensor))
      throw new Error(`${tensor.name} has ${bytes.byteLength} bytes, announced were ${byteLengthOf(tensor)}`);
    await file.write(bytes);
    await file.write(new Uint8Array(paddingAt(bytes.byteLength, DEFAULT_ALIGNMENT)));
    done += padded(bytes.byteLength);
    written(done, total);
  }
};

const byteLengthOf = ({ type, shape }: GgufTensorSource): number => ggmlBytes(type, sizeOf(shape));
const padded = (bytes: number): number => bytes + paddingAt(bytes, DEFAULT_ALIGNMENT);

/** Everything before the first tensor, filled up to the alignment. */
const encodeHeader = (
  metadata: ReadonlyMap<string, MetadataValue>,
  tensors: readonly GgufTensorSource[],
): Uint8Array => {
  let offset = 0;
  const infos = tensors.flatMap(tensor => {
    const { name, shape, type } = tensor;
    const info = [
      encodeString(name),
      number('u32', shape.length),
      ...[...shape].reverse().map(extent => number('u64', extent)),
      number('u32', ggmlTypes[type].id),
      number('u64', offset),
    ];
    offset += padded(byteLengthOf(tensor));
    return info;
  });
  const parts = [
    number('u32', GGUF_MAGIC),
    number('u32', GGUF_VERSION),
    number('u64', tensors.length),
    number('u64', metadata.size),
    ...encodeMetadata(metadata),
    ...infos,
  ];
  const length = parts.reduce((sum, part) => sum + part.byteLength, 0);
  return Buffer.concat(parts, padded(length));
};
