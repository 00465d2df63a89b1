/**
 * C += factor · A B, in place.
 * @param a row-major [rows, inner]
 * @param b row-major [inner, columns]
 * @param c row-major [rows, columns]
 */
export const addProduct = (
  c: Float64Array,
  a: Float64Array,
  b: Float64Array,
  { rows, inner, columns, factor = 1 }: { rows: number; inner: number; columns: number; factor?: number },
): void => {
  const whole = inner - (inner % 4);
  for (let i = 0; i < rows; i++) {
    const to = i * columns;
    // Four rows of B at once: C is read and written a quarter as often.
    for (let k = 0; k < whole; k += 4) {
      const at = i * inner + k;
      const [a0, a1, a2, a3] = [
        factor * a[at]!,
        factor * a[at + 1]!,
        factor * a[at + 2]!,
        factor * a[at + 3]!,
      ];
      const [b0, b1, b2, b3] = [k * columns, (k + 1) * columns, (k + 2) * columns, (k + 3) * columns];
      for (let j = 0; j < columns; j++)
        c[to + j]! += a0 * b[b0 + j]! + a1 * b[b1 + j]! + (a2 * b[b2 + j]! + a3 * b[b3 + j]!);
    }
    for (let k = whole; k < inner; k++) {
      const a0 = factor * a[i * inner + k]!;
      for (let j = 0; j < columns; j++) c[to + j]! += a0 * b[k * columns + j]!;
    }
  }
};
