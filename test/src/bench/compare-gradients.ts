import { readFileSync } from 'node:fs';

/** How alike the gradients by LoRA are after the last step, taken as one long vector each. */
export interface GradientLikeness {
  /** Of the angle between them. */
  readonly cosine: number;
  /** Length of the other, divided by that of the one. */
  readonly ratio: number;
}

/** Compares two files of float32. */
export const compareGradients = (file: string, other: string): GradientLikeness => {
  const a = readFloats(file);
  const b = readFloats(other);
  if (a.length !== b.length) throw new Error(`${a.length} gradients in ${file}, ${b.length} in ${other}`);
  let [aa, ab, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    aa += a[i]! * a[i]!;
    ab += a[i]! * b[i]!;
    bb += b[i]! * b[i]!;
  }
  return { cosine: ab / Math.sqrt(aa * bb), ratio: Math.sqrt(bb / aa) };
};

const readFloats = (file: string): Float32Array => {
  const { buffer, byteOffset, byteLength } = readFileSync(file);
  return new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
};
