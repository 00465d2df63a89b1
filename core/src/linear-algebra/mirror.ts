/** Copies the lower half of a square matrix to the upper one, in place. @param matrix row-major [size, size] */
export const mirrorLower = (matrix: Float64Array, size: number): void => {
  for (let i = 0; i < size; i++) for (let j = 0; j < i; j++) matrix[j * size + i] = matrix[i * size + j]!;
};
