import type { RopeConfig } from './architecture.js';

/**
 * Angular frequencies of rotary position embedding (arXiv 2104.09864), one per pair of a head: θ^(-2i/D), scaled as
 * config.json says. `llama3` keeps high frequencies, divides low ones by `factor` and blends between (Llama 3.1).
 */
export const ropeFrequencies = (headDim: number, { theta, scaling }: RopeConfig): Float64Array =>
  Float64Array.from({ length: headDim / 2 }, (_, i) => {
    const frequency = theta ** ((-2 * i) / headDim);
    if (!scaling) return frequency;
    if (scaling.type === 'linear') return frequency / scaling.factor;
    const wavelength = (2 * Math.PI) / frequency;
    if (wavelength < scaling.original / scaling.high) return frequency;
    if (wavelength > scaling.original / scaling.low) return frequency / scaling.factor;
    const blend = (scaling.original / wavelength - scaling.low) / (scaling.high - scaling.low);
    return ((1 - blend) * frequency) / scaling.factor + blend * frequency;
  });

/** cos or sin of position · frequency, [sequence, headDim / 2]. */
export const ropeTable = (
  wave: (angle: number) => number,
  sequence: number,
  frequencies: Float64Array,
): Float64Array => {
  const half = frequencies.length;
  return Float64Array.from({ length: sequence * half }, (_, at) =>
    wave(Math.floor(at / half) * frequencies[at % half]!),
  );
};
