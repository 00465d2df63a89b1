import { createHash } from 'node:crypto';
import { type Shape, sizeOf } from '@secateur/core/graph';

/** Numbers that are made and written at a time. */
const PIECE = 2 ** 22;

/**
 * The elements of a random tensor in pieces, seeded by its name: every tensor differs, since equal ones would be shared
 * by the file system or the engine. Uniform with a standard deviation of 1/√in, so that a layer keeps the size of what
 * it reads; the weight of a norm, a vector, is around 1.
 */
export async function* randomWeights(name: string, shape: Shape): AsyncIterable<Float32Array> {
  const [mean, width] = shape.length === 1 ? [1, 0.1] : [0, Math.sqrt(3 / shape.at(-1)!)];
  const scale = width / 0x80000000;
  let state = createHash('sha256').update(name).digest().readInt32LE() || 1;
  for (let left = sizeOf(shape); left > 0; left -= PIECE) {
    const piece = new Float32Array(Math.min(left, PIECE));
    for (let i = 0; i < piece.length; i++) {
      // xorshift32 (Marsaglia 2003)
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      piece[i] = mean + state * scale;
    }
    yield piece;
  }
}
