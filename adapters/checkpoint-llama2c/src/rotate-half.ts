/**
 * Rows of a query or key projection [heads · size, columns], from llama2.c's order to that of Hugging Face.
 * llama2.c's RoPE turns the neighbours (2i, 2i+1) of a head, Hugging Face's the halves (i, i + size/2):
 * row i of a head was row 2i, row size/2 + i was row 2i + 1.
 */
export const toRotateHalf = (rows: Float32Array, heads: number, columns: number): Float32Array => {
  const size = rows.length / columns / heads;
  const out = new Float32Array(rows.length);
  for (let head = 0; head < heads; head++)
    for (let row = 0; row < size; row++) {
      const from = head * size + (row < size / 2 ? 2 * row : 2 * row - size + 1);
      out.set(rows.subarray(from * columns, (from + 1) * columns), (head * size + row) * columns);
    }
  return out;
};
