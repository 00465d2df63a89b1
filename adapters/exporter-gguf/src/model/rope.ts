import { type Llama3Parameters, llama3Factor } from '@secateur/adapter-checkpoint-gguf';
import { type ModelConfig, SecateurError } from '@secateur/core';

/** Rotary position embedding as a GGUF file says it. */
export interface Rope {
  readonly theta: number;
  /** All frequencies are divided by it; 1 leaves them. */
  readonly linear: number;
  /** By which llama.cpp divides each frequency, [headDim / 2]: the tensor `rope_freqs.weight`. */
  readonly factors: Float32Array | undefined;
}

/**
 * Reads `rope_theta` and the scaling of config.json: transformers 4 keeps them apart, 5 has `rope_parameters`.
 * @throws SecateurError E_EXPORT for a scaling that is neither linear nor LLaMA 3's
 */
export const readRope = (config: ModelConfig, headDim: number): Rope => {
  const parameters = { ...asObject(config.rope_scaling), ...asObject(config.rope_parameters) };
  const number = (key: string, otherwise?: unknown): number => {
    const value = parameters[key] ?? otherwise;
    if (typeof value === 'number' && value > 0) return value;
    throw new SecateurError('E_MODEL_CONFIG', `config.json lacks the number ${key} of its RoPE scaling.`, {
      hint: 'Take the config.json that was published with the model.',
    });
  };
  const theta = number('rope_theta', config.rope_theta ?? 10_000);
  const type = parameters.rope_type ?? parameters.type ?? 'default';
  switch (type) {
    case 'default':
      return { theta, linear: 1, factors: undefined };
    case 'linear':
      return { theta, linear: number('factor'), factors: undefined };
    case 'llama3':
      return {
        theta,
        linear: 1,
        factors: llama3Factors(headDim, theta, {
          factor: number('factor'),
          low: number('low_freq_factor'),
          high: number('high_freq_factor'),
          original: number('original_max_position_embeddings'),
        }),
      };
    default:
      throw new SecateurError(
        'E_EXPORT',
        `config.json scales RoPE by "${type}", GGUF files are written for linear and llama3.`,
        { hint: 'Take rope_scaling out of config.json, and keep to texts of the original length.' },
      );
  }
};

const llama3Factors = (headDim: number, theta: number, parameters: Llama3Parameters): Float32Array =>
  Float32Array.from({ length: headDim / 2 }, (_, i) =>
    llama3Factor(2 * Math.PI * theta ** ((2 * i) / headDim), parameters),
  );

const asObject = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
