/** A LLaMA-shaped model and a batch for it. */
export interface Size {
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly ff: number;
  readonly vocabulary: number;
  /** Sequences in a batch, and positions in a sequence. */
  readonly batch: number;
  readonly sequence: number;
  /** Measured with the prototype that the engine follows: seconds a step, and GFLOPS. */
  readonly prototype: { readonly seconds: number; readonly gflops: number };
}

/**
 * Embedding and head are untied. S has the shape of stories15M, M that of a 12-layer model of GPT-2 width,
 * L that of TinyLlama 1.1B. float32 weights: 0.09, 0.50 and 4.10 GiB.
 */
export const sizes: Readonly<Record<string, Size>> = {
  S: {
    width: 288,
    layers: 6,
    heads: 6,
    kvHeads: 6,
    ff: 768,
    vocabulary: 32000,
    batch: 4,
    sequence: 256,
    prototype: { seconds: 0.241, gflops: 280 },
  },
  M: {
    width: 768,
    layers: 12,
    heads: 12,
    kvHeads: 12,
    ff: 2048,
    vocabulary: 32000,
    batch: 2,
    sequence: 512,
    prototype: { seconds: 1.67, gflops: 303 },
  },
  L: {
    width: 2048,
    layers: 22,
    heads: 32,
    kvHeads: 4,
    ff: 5632,
    vocabulary: 32000,
    batch: 1,
    sequence: 256,
    prototype: { seconds: 3.18, gflops: 344 },
  },
};

/**
 * Floating point operations of one LoRA step, as usually counted: forward and input gradients of every frozen
 * matrix but the embedding, 4·N·T, and attention without regard to causality, 12·L·T·S·d.
 */
export const stepFlops = (size: Size): number => {
  const { width, layers, heads, kvHeads, ff, vocabulary, batch, sequence } = size;
  const kvWidth = (width / heads) * kvHeads;
  const matrices = layers * (2 * width * width + 2 * width * kvWidth + 3 * width * ff) + vocabulary * width;
  return 4 * matrices * batch * sequence + 12 * layers * batch * sequence * sequence * width;
};
