import { ggmlTypes } from '@secateur/adapter-checkpoint-gguf';
import { encodeFloat16 } from '@secateur/adapter-checkpoint-hf';

const { block: BLOCK, bytes: BYTES } = ggmlTypes.Q8_0;

/**
 * Q8_0 as ggml's `quantize_row_q8_0_ref` has it: of each 32 numbers their scale, max|x| / 127 as float16, then each number
 * over the scale before that rounding, as int8, rounded half away from zero. All arithmetic is float32.
 * @param values whole blocks
 * @throws SecateurError E_NUMERICS when a scale is too large for float16
 */
export const encodeQ8 = (values: Float32Array): Uint8Array => {
  const blocks = values.length / BLOCK;
  const scales = new Float32Array(blocks);
  const out = new Int8Array(blocks * BYTES);
  for (let b = 0; b < blocks; b++) {
    const from = b * BLOCK;
    let largest = 0;
    for (let i = 0; i < BLOCK; i++) largest = Math.max(largest, Math.abs(values[from + i]!));
    scales[b] = largest / 127;
    const inverse = scales[b] === 0 ? 0 : Math.fround(1 / scales[b]!);
    for (let i = 0; i < BLOCK; i++) {
      const ratio = Math.fround(values[from + i]! * inverse);
      out[b * BYTES + 2 + i] = Math.sign(ratio) * Math.floor(Math.abs(ratio) + 0.5);
    }
  }
  const halves = encodeFloat16(scales);
  const view = new DataView(out.buffer);
  halves.forEach((half, b) => {
    view.setUint16(b * BYTES, half, true);
  });
  return new Uint8Array(out.buffer);
};
