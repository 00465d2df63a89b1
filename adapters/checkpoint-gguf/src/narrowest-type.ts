import { encodeFloat16 } from '@secateur/adapter-checkpoint-hf';
import type { Weight } from './model/weights.js';
import { halfTable } from './quants/half-table.js';
import { readPieces } from './quants/read-pieces.js';

/** Element types of a folder. */
export type FolderDType = 'F32' | 'F16' | 'BF16';

/**
 * The narrowest element type that holds every weight exactly: BF16 or F16 where the tensors have that type, and those
 * among them that are stored as float32 (norms are) lose nothing by it; else F32.
 */
export const narrowestType = async (file: string, layout: readonly Weight[]): Promise<FolderDType> => {
  const types = new Set(layout.map(({ source }) => source?.type).filter(type => type !== undefined));
  for (const half of ['BF16', 'F16'] as const) {
    if (!types.has(half) || [...types].some(type => type !== half && type !== 'F32')) continue;
    return (await allExact(file, layout, exact[half])) ? half : 'F32';
  }
  return 'F32';
};

const allExact = async (
  file: string,
  layout: readonly Weight[],
  fits: (values: Float32Array) => boolean,
): Promise<boolean> => {
  for (const { source } of layout)
    if (source?.type === 'F32')
      for await (const piece of readPieces(file, source)) if (!fits(piece)) return false;
  return true;
};

const LARGEST_F16 = 65_504;

const exact = {
  BF16: (values: Float32Array): boolean =>
    new Uint32Array(values.buffer, values.byteOffset, values.length).every(word => (word & 0xffff) === 0),
  F16: (values: Float32Array): boolean => {
    if (!values.every(value => Math.abs(value) <= LARGEST_F16)) return false;
    const half = halfTable();
    return encodeFloat16(values).every((bits, i) => half[bits] === values[i]);
  },
} as const;
