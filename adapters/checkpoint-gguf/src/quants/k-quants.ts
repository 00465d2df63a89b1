import { ggmlTypes } from '../format/ggml-types.js';
import { type Dequantizer, eachBlock, i8, u16 } from './dequantizer.js';
import { halfTable } from './half-table.js';

/**
 * Scale and minimum of the group 0 to 7, 6 bits each, out of 12 bytes: groups 0 to 3 have a byte of their own; the upper two
 * bits of these, and the halves of the last four bytes, make those of groups 4 to 7.
 */
const scaleOf = (bytes: Uint8Array, at: number, group: number): number =>
  group < 4 ? bytes[at + group]! & 63 : (bytes[at + group + 4]! & 15) | ((bytes[at + group - 4]! >> 6) << 4);

const leastOf = (bytes: Uint8Array, at: number, group: number): number =>
  group < 4 ? bytes[at + group + 4]! & 63 : (bytes[at + group + 4]! >> 4) | ((bytes[at + group]! >> 6) << 4);

/** Scales of scales and of minima, 12 bytes of these, then 256 numbers of 4 bits in 8 groups of 32. */
export const q4_k: Dequantizer = (bytes, out) => {
  const half = halfTable();
  eachBlock(out, ggmlTypes.Q4_K, (at, to) => {
    const scales = half[u16(bytes, at)]!;
    const leasts = half[u16(bytes, at + 2)]!;
    for (let group = 0; group < 8; group++) {
      const scale = scales * scaleOf(bytes, at + 4, group);
      const least = leasts * leastOf(bytes, at + 4, group);
      // Two groups share 32 bytes: one has their low halves, the other their high halves.
      const from = at + 16 + 32 * (group >> 1);
      const shift = 4 * (group & 1);
      for (let i = 0; i < 32; i++)
        out[to + 32 * group + i] = scale * ((bytes[from + i]! >> shift) & 15) - least;
    }
  });
};

/** As Q4_K, with the fifth bit of each number in 32 bytes between: bit g of byte i belongs to number i of group g. */
export const q5_k: Dequantizer = (bytes, out) => {
  const half = halfTable();
  eachBlock(out, ggmlTypes.Q5_K, (at, to) => {
    const scales = half[u16(bytes, at)]!;
    const leasts = half[u16(bytes, at + 2)]!;
    for (let group = 0; group < 8; group++) {
      const scale = scales * scaleOf(bytes, at + 4, group);
      const least = leasts * leastOf(bytes, at + 4, group);
      const from = at + 48 + 32 * (group >> 1);
      const shift = 4 * (group & 1);
      for (let i = 0; i < 32; i++) {
        const fifth = (bytes[at + 16 + i]! >> group) & 1;
        out[to + 32 * group + i] = scale * (((bytes[from + i]! >> shift) & 15) | (fifth << 4)) - least;
      }
    }
  });
};

/**
 * 256 numbers of 6 bits from -32: 128 bytes of lower 4 bits, 64 of upper 2, 16 signed scales, each for 16 numbers, and
 * their scale. Each half of the block has 64 and 32 of the bytes, which four runs of 32 numbers share.
 */
export const q6_k: Dequantizer = (bytes, out) => {
  const half = halfTable();
  eachBlock(out, ggmlTypes.Q6_K, (at, to) => {
    const scales = half[u16(bytes, at + 208)]!;
    for (let run = 0; run < 8; run++) {
      const inHalf = run & 3;
      const low = at + 64 * (run >> 2) + 32 * (inHalf & 1);
      const high = at + 128 + 32 * (run >> 2);
      for (let i = 0; i < 32; i++) {
        const lower = (bytes[low + i]! >> (4 * (inHalf >> 1))) & 15;
        const upper = (bytes[high + i]! >> (2 * inHalf)) & 3;
        const scale = scales * i8(bytes[at + 192 + 2 * run + (i >> 4)]!);
        out[to + 32 * run + i] = scale * ((lower | (upper << 4)) - 32);
      }
    }
  });
};
