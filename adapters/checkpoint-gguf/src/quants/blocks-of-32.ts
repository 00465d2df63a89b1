import { ggmlTypes } from '../format/ggml-types.js';
import { type Dequantizer, eachBlock, i8, u16 } from './dequantizer.js';
import { halfTable } from './half-table.js';

/** A binary16 scale, then 32 signed bytes. */
export const q8_0: Dequantizer = (bytes, out) => {
  const half = halfTable();
  eachBlock(out, ggmlTypes.Q8_0, (at, to) => {
    const scale = half[u16(bytes, at)]!;
    for (let i = 0; i < 32; i++) out[to + i] = scale * i8(bytes[at + 2 + i]!);
  });
};

/** A scale, then 32 numbers of 4 bits from -8: the low halves of the 16 bytes come first. */
export const q4_0: Dequantizer = (bytes, out) => {
  const half = halfTable();
  eachBlock(out, ggmlTypes.Q4_0, (at, to) => {
    const scale = half[u16(bytes, at)]!;
    for (let i = 0; i < 16; i++) {
      const pair = bytes[at + 2 + i]!;
      out[to + i] = scale * ((pair & 15) - 8);
      out[to + 16 + i] = scale * ((pair >> 4) - 8);
    }
  });
};

/** A scale and a minimum, then 32 numbers of 4 bits. */
export const q4_1: Dequantizer = (bytes, out) => {
  const half = halfTable();
  eachBlock(out, ggmlTypes.Q4_1, (at, to) => {
    const scale = half[u16(bytes, at)]!;
    const least = half[u16(bytes, at + 2)]!;
    for (let i = 0; i < 16; i++) {
      const pair = bytes[at + 4 + i]!;
      out[to + i] = scale * (pair & 15) + least;
      out[to + 16 + i] = scale * (pair >> 4) + least;
    }
  });
};

/** A scale, the fifth bits of 32 numbers, then their lower 4; from -16. */
export const q5_0: Dequantizer = (bytes, out) => {
  const half = halfTable();
  eachBlock(out, ggmlTypes.Q5_0, (at, to) => {
    const scale = half[u16(bytes, at)]!;
    const high = u16(bytes, at + 2) | (u16(bytes, at + 4) << 16);
    for (let i = 0; i < 16; i++) {
      const pair = bytes[at + 6 + i]!;
      out[to + i] = scale * (((pair & 15) | (((high >>> i) & 1) << 4)) - 16);
      out[to + 16 + i] = scale * (((pair >> 4) | (((high >>> (16 + i)) & 1) << 4)) - 16);
    }
  });
};

/** A scale and a minimum, the fifth bits of 32 numbers, then their lower 4. */
export const q5_1: Dequantizer = (bytes, out) => {
  const half = halfTable();
  eachBlock(out, ggmlTypes.Q5_1, (at, to) => {
    const scale = half[u16(bytes, at)]!;
    const least = half[u16(bytes, at + 2)]!;
    const high = u16(bytes, at + 4) | (u16(bytes, at + 6) << 16);
    for (let i = 0; i < 16; i++) {
      const pair = bytes[at + 8 + i]!;
      out[to + i] = scale * ((pair & 15) | (((high >>> i) & 1) << 4)) + least;
      out[to + 16 + i] = scale * ((pair >> 4) | (((high >>> (16 + i)) & 1) << 4)) + least;
    }
  });
};
