/** Settings of {@link AdamW}. */
export interface AdamWOptions {
  /** Decay rates of the moments; default 0.9 and 0.99. */
  readonly betas?: readonly [number, number];
  /** Default 1e-8. */
  readonly epsilon?: number;
  /** Decoupled weight decay per step and unit of learning rate; default 0. */
  readonly weightDecay?: number;
}

interface Moments {
  readonly first: Float32Array;
  readonly second: Float32Array;
}

/**
 * AdamW (arXiv 1711.05101), in place on float32 arrays. The count of steps that corrects the bias belongs to the
 * moments: who resets them resets it too, or the next step is twice too long.
 */
export class AdamW {
  readonly #moments = new Map<string, Moments>();
  readonly #options: Required<AdamWOptions>;
  #step = 0;

  constructor({ betas = [0.9, 0.99], epsilon = 1e-8, weightDecay = 0 }: AdamWOptions = {}) {
    this.#options = { betas, epsilon, weightDecay };
  }

  /** One update of every parameter that has a gradient; lengths must agree. `scale` multiplies the gradients. */
  update(
    parameters: ReadonlyMap<string, Float32Array>,
    gradients: Readonly<Record<string, { readonly data: ArrayLike<number> }>>,
    learningRate: number,
    scale = 1,
  ): void {
    this.#step++;
    const { betas, epsilon, weightDecay } = this.#options;
    const [b1, b2] = betas;
    const c1 = 1 - b1 ** this.#step;
    const c2 = 1 - b2 ** this.#step;
    for (const [name, x] of parameters) {
      const gradient = gradients[name]?.data;
      if (!gradient) continue;
      const { first, second } = this.#momentsOf(name, x.length);
      for (let i = 0; i < x.length; i++) {
        const g = gradient[i]! * scale;
        const m = b1 * first[i]! + (1 - b1) * g;
        const v = b2 * second[i]! + (1 - b2) * g * g;
        first[i] = m;
        second[i] = v;
        x[i] = x[i]! - learningRate * (m / c1 / (Math.sqrt(v / c2) + epsilon) + weightDecay * x[i]!);
      }
    }
  }

  /** Forgets the moments of some entries, as if they had never moved. */
  clear(name: string, indices: Iterable<number>): void {
    const moments = this.#moments.get(name);
    if (!moments) return;
    for (const i of indices) moments.first[i] = moments.second[i] = 0;
  }

  /** Forgets everything, the step count included. */
  reset(): void {
    this.#moments.clear();
    this.#step = 0;
  }

  /** The whole state, for a checkpoint. The arrays are live. */
  state(): { readonly step: number; readonly tensors: Record<string, Float32Array> } {
    const tensors: Record<string, Float32Array> = {};
    for (const [name, { first, second }] of this.#moments) {
      tensors[`adam.m:${name}`] = first;
      tensors[`adam.v:${name}`] = second;
    }
    return { step: this.#step, tensors };
  }

  /** Takes a state back. */
  restore(step: number, tensors: Readonly<Record<string, Float32Array | Float64Array>>): void {
    this.reset();
    this.#step = step;
    for (const [key, first] of Object.entries(tensors))
      if (key.startsWith('adam.m:')) {
        const name = key.slice('adam.m:'.length);
        const second = tensors[`adam.v:${name}`]!;
        this.#moments.set(name, { first: Float32Array.from(first), second: Float32Array.from(second) });
      }
  }

  /**
   * Takes the state of another optimizer over, the step count included.
   * @param reshape gives a moment in the shape that its parameter has here
   */
  takeOver(other: AdamW, reshape: (name: string, moment: Float32Array) => Float32Array): void {
    this.reset();
    this.#step = other.#step;
    for (const [name, { first, second }] of other.#moments)
      this.#moments.set(name, { first: reshape(name, first), second: reshape(name, second) });
  }

  #momentsOf(name: string, length: number): Moments {
    const known = this.#moments.get(name);
    if (known) return known;
    const moments = { first: new Float32Array(length), second: new Float32Array(length) };
    this.#moments.set(name, moments);
    return moments;
  }
}

/** L2 norm over all gradients. */
export const gradientNorm = (
  gradients: Readonly<Record<string, { readonly data: ArrayLike<number> }>>,
): number => {
  let sum = 0;
  for (const { data } of Object.values(gradients))
    for (let i = 0; i < data.length; i++) sum += data[i]! * data[i]!;
  return Math.sqrt(sum);
};
