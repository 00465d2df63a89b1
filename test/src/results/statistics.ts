/** Mean and sample standard deviation. */
export const meanAndDeviation = (
  values: readonly number[],
): { readonly mean: number; readonly deviation: number } => {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const square = values.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return { mean, deviation: values.length > 1 ? Math.sqrt(square / (values.length - 1)) : 0 };
};

/** exp of the mean log: how perplexities of several sources are joined. */
export const geometricMean = (values: readonly number[]): number =>
  Math.exp(values.reduce((sum, x) => sum + Math.log(x), 0) / values.length);
