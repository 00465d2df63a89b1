/** A matrix of whole numbers, and what each row of them is multiplied by. */
export interface QuantisedMatrix {
  /** [rows, columns], row-major, from −127 to 127. */
  readonly values: Int8Array;
  /** [rows] */
  readonly scales: Float32Array;
}

const TOP = 127;

/**
 * Rounds to the nearest multiple of the row's scale, which is its largest magnitude over 127: symmetric, so that zero
 * stays zero. A row of zeros has scale 0; a number that is not finite makes its row NaN.
 * @param weights [rows, columns], row-major
 */
export const quantiseRows = (weights: Float32Array, columns: number): QuantisedMatrix => {
  const values = new Int8Array(weights.length);
  const scales = new Float32Array(weights.length / columns);
  for (const row of scales.keys()) {
    const [start, end] = [row * columns, (row + 1) * columns];
    let largest = 0;
    for (let i = start; i < end; i++) largest = Math.max(largest, Math.abs(weights[i]!));
    const scale = Math.fround(largest / TOP);
    scales[row] = Number.isFinite(scale) ? scale : Number.NaN;
    // Below float32's normal numbers the scale is itself rounded, and the quotient may pass 127.
    for (let i = start; i < end; i++)
      values[i] = Math.max(-TOP, Math.min(TOP, Math.round(weights[i]! / scale)));
  }
  return { values, scales };
};

/** What the engine computes with: values times scales, in float32. */
export const dequantiseRows = ({ values, scales }: QuantisedMatrix): Float32Array => {
  const columns = values.length / scales.length;
  return Float32Array.from(values, (value, i) => value * scales[Math.floor(i / columns)]!);
};
