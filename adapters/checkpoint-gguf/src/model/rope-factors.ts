import { fault } from '../fault.js';
import { llama3Factor } from '../format/llama3-factor.js';
import { shortest } from './fields.js';

/** The scaling of LLaMA 3.1, as config.json says it. */
export interface Llama3Scaling {
  readonly rope_type: 'llama3';
  readonly factor: number;
  readonly low_freq_factor: number;
  readonly high_freq_factor: number;
  readonly original_max_position_embeddings: number;
}

const [LOW, HIGH] = [1, 4];
/** Lengths that models were trained on before their context was stretched; that of LLaMA 3 first. */
const originals = [8192, ...Array.from({ length: 17 }, (_, i) => 2 ** (i + 4))];
/** Factors are stored as float32 and computed as float32 by those who store them. */
const TOLERANCE = 1e-5;

/**
 * The parameters that give the factors in `rope_freqs.weight`, by which llama.cpp divides the frequencies θ^(-2i/D) of
 * RoPE: 1 for short wavelengths, `factor` for long ones, and a blend of both between (LLaMA 3.1). Undefined when all are 1.
 * @param factors [headDim / 2]
 * @throws SecateurError E_GGUF when no parameters do
 */
export const llama3ScalingOf = (
  file: string,
  factors: Float32Array,
  theta: number,
): Llama3Scaling | undefined => {
  if (factors.every(factor => factor === 1)) return undefined;
  const factor = shortest(factors.at(-1)!);
  const found = originals.find(
    original =>
      factor > 0 &&
      factors.every((given, i) => {
        const wavelength = 2 * Math.PI * theta ** (i / factors.length);
        const expected = llama3Factor(wavelength, { factor, low: LOW, high: HIGH, original });
        return Math.abs(given - expected) <= TOLERANCE * expected;
      }),
  );
  if (found === undefined)
    throw fault(
      file,
      'stretches RoPE by rope_freqs.weight in another way than LLaMA 3 does, which config.json cannot say',
      'Take a model whose context was not stretched in that way.',
    );
  return {
    rope_type: 'llama3',
    factor,
    low_freq_factor: LOW,
    high_freq_factor: HIGH,
    original_max_position_embeddings: found,
  };
};
