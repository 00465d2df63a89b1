/** The scaling of LLaMA 3.1: `factor`, `low_freq_factor`, `high_freq_factor`, `original_max_position_embeddings`. */
export interface Llama3Parameters {
  readonly factor: number;
  readonly low: number;
  readonly high: number;
  readonly original: number;
}

/**
 * By how much the frequency of that wavelength, in tokens, is divided: short wavelengths stay, long ones are stretched by
 * `factor`, and between them the frequencies are blended (LLaMA 3.1).
 */
export const llama3Factor = (
  wavelength: number,
  { factor, low, high, original }: Llama3Parameters,
): number => {
  if (wavelength < original / high) return 1;
  if (wavelength > original / low) return factor;
  const blend = (original / wavelength - low) / (high - low);
  return 1 / ((1 - blend) / factor + blend);
};
