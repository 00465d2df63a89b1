import { encodeFloat16 } from '@secateur/adapter-checkpoint-hf';

/** Elements of a row that share a scale. */
export const BLOCK = 32;

/**
 * The q8_0 of ggml: in each block, `level = round(x / scale)` with `scale = max |x| / 127`, kept as float16 bits.
 * The number of elements is a multiple of {@link BLOCK}.
 */
export const quantise = (
  elements: Float32Array,
): { readonly levels: Int8Array; readonly scales: Uint16Array } => {
  const levels = new Int8Array(elements.length);
  const scales = new Float32Array(elements.length / BLOCK);
  for (let block = 0; block < scales.length; block++) {
    const start = block * BLOCK;
    let largest = 0;
    for (let i = start; i < start + BLOCK; i++) largest = Math.max(largest, Math.abs(elements[i]!));
    const scale = largest / 127;
    scales[block] = scale;
    if (scale === 0) continue;
    for (let i = start; i < start + BLOCK; i++) levels[i] = Math.round(elements[i]! / scale);
  }
  return { levels, scales: encodeFloat16(scales) };
};
