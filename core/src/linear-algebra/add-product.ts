/** A part of a row-major matrix. */
export interface Block {
  readonly data: Float64Array;
  /** Where its first entry lies in `data`. Default 0. */
  readonly at?: number;
  /** From one row to the next. Default: its columns, so that it is a matrix of its own. */
  readonly stride?: number;
}

export interface ProductShape {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  /** Default 1. */
  readonly factor?: number;
  /** Only the lower half of C is asked for, diagonal and all; what stands above it is not to be read. Default false. */
  readonly lower?: boolean;
}

/** Columns at a time, so that what is read again is near. */
const TILE = 192;

/**
 * C += factor · A B, in place. The blocks may lie in one matrix, C apart from A and B.
 * @param c row-major [rows, columns]
 * @param a row-major [rows, inner]
 * @param b row-major [inner, columns]
 */
export const addProduct = (
  { data: c, at: atC = 0, stride: strideC }: Block,
  { data: a, at: atA = 0, stride: strideA }: Block,
  { data: b, at: atB = 0, stride: strideB }: Block,
  { rows, inner, columns, factor = 1, lower = false }: ProductShape,
): void => {
  const [byC, byA, byB] = [strideC ?? columns, strideA ?? inner, strideB ?? columns];
  // What lies outside of A counts nothing, so that any size is whole blocks.
  const of = (i: number, k: number): number => (i < rows && k < inner ? factor * a[atA + i * byA + k]! : 0);
  const rowOfB = (k: number): number => atB + (k < inner ? k * byB : 0);
  for (let from = 0; from < columns; from += TILE) {
    const to = Math.min(from + TILE, columns);
    // Two rows of C by four of B at once: B is read half as often, C a quarter as often.
    for (let i = lower ? from : 0; i < rows; i += 2) {
      const end = lower ? Math.min(i + 2, to) : to;
      const row = atC + i * byC;
      const below = i + 1 < rows ? row + byC : row;
      for (let k = 0; k < inner; k += 4) {
        const [a0, a1, a2, a3] = [of(i, k), of(i, k + 1), of(i, k + 2), of(i, k + 3)];
        const [d0, d1, d2, d3] = [of(i + 1, k), of(i + 1, k + 1), of(i + 1, k + 2), of(i + 1, k + 3)];
        const [b0, b1, b2, b3] = [rowOfB(k), rowOfB(k + 1), rowOfB(k + 2), rowOfB(k + 3)];
        for (let j = from; j < end; j++) {
          const x0 = b[b0 + j]!;
          const x1 = b[b1 + j]!;
          const x2 = b[b2 + j]!;
          const x3 = b[b3 + j]!;
          c[row + j]! += a0 * x0 + a1 * x1 + (a2 * x2 + a3 * x3);
          c[below + j]! += d0 * x0 + d1 * x1 + (d2 * x2 + d3 * x3);
        }
      }
    }
  }
};
