/** Mean and sample standard deviation over seeds. */
export interface Spread {
  readonly mean: number;
  /** Undefined where there is one value, or where all are the same: what does not depend on the seed has no spread. */
  readonly deviation?: number | undefined;
}

/** `17.52 ± 0.07` */
export const showSpread = ({ mean, deviation }: Spread): string =>
  deviation === undefined ? mean.toFixed(2) : `${mean.toFixed(2)} ± ${deviation.toFixed(2)}`;

export const spreadOf = (values: readonly number[]): Spread => {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  if (values.every(x => x === values[0])) return { mean, deviation: undefined };
  const square = values.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(square / (values.length - 1)) };
};

/** exp of the mean log: how perplexities of several sources are joined. */
export const geometricMean = (values: readonly number[]): number =>
  Math.exp(values.reduce((sum, x) => sum + Math.log(x), 0) / values.length);
