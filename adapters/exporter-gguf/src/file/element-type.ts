import { type GgmlType, ggmlTypes } from '@secateur/adapter-checkpoint-gguf';
import { encodeBFloat16, encodeFloat16 } from '@secateur/adapter-checkpoint-hf';
import type { ExportDType } from '@secateur/core';
import type { Shape } from '@secateur/core/graph';
import { encodeQ8 } from './encode-q8.js';

export type WrittenType = Extract<GgmlType, 'F32' | 'F16' | 'BF16' | 'Q8_0'>;

/** What most tensors of a file are. */
export const mainType = { f32: 'F32', f16: 'F16', bf16: 'BF16', q8_0: 'Q8_0' } as const satisfies Record<
  ExportDType,
  WrittenType
>;

/**
 * The type of one tensor: vectors (norms, biases) are F32, as llama.cpp wants them, and rows that are no whole blocks of
 * Q8_0 are F16, as llama.cpp's own quantisation has it.
 */
export const typeFor = (dtype: ExportDType, shape: Shape): WrittenType => {
  if (shape.length < 2) return 'F32';
  const type = mainType[dtype];
  return shape.at(-1)! % ggmlTypes[type].block === 0 ? type : 'F16';
};

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Uint16Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/**
 * Elements as a file stores them, little-endian.
 * @throws SecateurError E_NUMERICS when a number is too large for the type
 */
export const encodeElements: Readonly<Record<WrittenType, (values: Float32Array) => Uint8Array>> = {
  F32: bytesOf,
  F16: values => bytesOf(encodeFloat16(values)),
  BF16: values => bytesOf(encodeBFloat16(values)),
  Q8_0: encodeQ8,
};
