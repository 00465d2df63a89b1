export interface ProductShape {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  /** Default 1. */
  readonly factor?: number;
  /** Only the lower half of C is asked for, diagonal and all; what stands above it is not to be read. Default false. */
  readonly lower?: boolean;
}

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
  { rows, inner, columns, factor = 1, lower = false }: ProductShape,
): void => {
  // What lies outside of A counts nothing, so that any size is whole blocks.
  const at = (i: number, k: number): number => (i < rows && k < inner ? factor * a[i * inner + k]! : 0);
  const rowOfB = (k: number): number => (k < inner ? k * columns : 0);
  // Two rows of C by four of B at once: B is read half as often, C a quarter as often.
  for (let i = 0; i < rows; i += 2) {
    const end = lower ? Math.min(i + 2, columns) : columns;
    const to = i * columns;
    const below = i + 1 < rows ? to + columns : to;
    for (let k = 0; k < inner; k += 4) {
      const [a0, a1, a2, a3] = [at(i, k), at(i, k + 1), at(i, k + 2), at(i, k + 3)];
      const [d0, d1, d2, d3] = [at(i + 1, k), at(i + 1, k + 1), at(i + 1, k + 2), at(i + 1, k + 3)];
      const [b0, b1, b2, b3] = [rowOfB(k), rowOfB(k + 1), rowOfB(k + 2), rowOfB(k + 3)];
      for (let j = 0; j < end; j++) {
        const x0 = b[b0 + j]!;
        const x1 = b[b1 + j]!;
        const x2 = b[b2 + j]!;
        const x3 = b[b3 + j]!;
        c[to + j]! += a0 * x0 + a1 * x1 + (a2 * x2 + a3 * x3);
        c[below + j]! += d0 * x0 + d1 * x1 + (d2 * x2 + d3 * x3);
      }
    }
  }
};
