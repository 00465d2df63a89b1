/**
 * Reorders the rows of q or k, head by head, from transformers' order, whose RoPE turns number j of a head with number
 * j + headDim/2, to that of llama.cpp's `llama`, which turns 2j with 2j + 1.
 * @param values [heads · headDim, width], row-major; a bias has width 1
 */
export const halvesToPairs = (values: Float32Array, heads: number, headDim: number): Float32Array =>
  reorder(values, heads, headDim, row => 2 * (row % (headDim / 2)) + Math.floor(row / (headDim / 2)));

/** The inverse of {@link halvesToPairs}. */
export const pairsToHalves = (values: Float32Array, heads: number, headDim: number): Float32Array =>
  reorder(values, heads, headDim, row => (row % 2) * (headDim / 2) + Math.floor(row / 2));

/** Puts each row of a head at the place that `target` gives. */
const reorder = (
  values: Float32Array,
  heads: number,
  headDim: number,
  target: (row: number) => number,
): Float32Array => {
  const width = values.length / (heads * headDim);
  if (!Number.isInteger(width) || headDim % 2 !== 0)
    throw new Error(`${values.length} numbers do not make ${heads} heads of ${headDim} rows`);
  const out = new Float32Array(values.length);
  for (let head = 0; head < heads; head++)
    for (let row = 0; row < headDim; row++) {
      const from = (head * headDim + row) * width;
      out.set(values.subarray(from, from + width), (head * headDim + target(row)) * width);
    }
  return out;
};
