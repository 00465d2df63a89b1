/**
 * Turns stored blocks into float32, as `dequantize_row_*` of ggml does.
 * @param bytes whole blocks
 * @param out as many numbers as they hold
 */
export type Dequantizer = (bytes: Uint8Array, out: Float32Array) => void;

/** Runs a step for each block: where its bytes begin, where its numbers go. */
export const eachBlock = (
  out: Float32Array,
  { block, bytes }: { readonly block: number; readonly bytes: number },
  step: (at: number, to: number) => void,
): void => {
  for (let at = 0, to = 0; to < out.length; at += bytes, to += block) step(at, to);
};

export const u16 = (bytes: Uint8Array, at: number): number => bytes[at]! | (bytes[at + 1]! << 8);

/** A byte as a number from -128 to 127. */
export const i8 = (byte: number): number => (byte << 24) >> 24;
