import type { ModelConfig } from '@secateur/core';

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
}

/**
 * S has the shape of stories15M, M that of a 12-layer model of GPT-2 width, L that of TinyLlama 1.1B: embedding and
 * head untied, float32 weights of 0.09, 0.50 and 4.10 GiB. `smollm2` is the checkpoint itself; `tiny` is for tests.
 */
export const sizes: Readonly<Record<string, Size>> = {
  tiny: {
    width: 16,
    layers: 2,
    heads: 4,
    kvHeads: 2,
    ff: 24,
    vocabulary: 40,
    batch: 2,
    sequence: 8,
  },
  S: {
    width: 288,
    layers: 6,
    heads: 6,
    kvHeads: 6,
    ff: 768,
    vocabulary: 32000,
    batch: 4,
    sequence: 256,
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
  },
  smollm2: {
    width: 576,
    layers: 30,
    heads: 9,
    kvHeads: 3,
    ff: 1536,
    vocabulary: 49152,
    batch: 4,
    sequence: 256,
  },
};

/** Tokens of a batch. */
export const tokensOf = ({ batch, sequence }: Size): number => batch * sequence;

/** Elements of all matrices that a token is multiplied by: the layers' and the head's, not the embedding's. */
const matrixElements = ({ width, layers, heads, kvHeads, ff, vocabulary }: Size): number =>
  layers * (2 * width * width + 2 * width * (width / heads) * kvHeads + 3 * width * ff) + vocabulary * width;

/** Multiply-adds of scores and mixing in all layers, without regard to causality: L·T·S·d each. */
const attentionElements = (size: Size): number => size.layers * tokensOf(size) * size.sequence * size.width;

/** Floating point operations of a forward pass with loss, as usually counted: 2·N·T + 4·L·T·S·d. */
export const forwardFlops = (size: Size): number =>
  2 * matrixElements(size) * tokensOf(size) + 4 * attentionElements(size);

/**
 * Of one LoRA step: forward and input gradients of every frozen matrix, 4·N·T, and attention, 12·L·T·S·d. What the
 * adapter, norms and other elementwise work cost is not counted, nor is it saved that the first layer's q, k and v
 * need no gradient by their input: what is planned differs from this by a few percent.
 */
export const stepFlops = (size: Size): number =>
  4 * matrixElements(size) * tokensOf(size) + 12 * attentionElements(size);

/** The config.json of that size. */
export const configOf = (size: Size): ModelConfig => ({
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: size.width,
  intermediate_size: size.ff,
  num_hidden_layers: size.layers,
  num_attention_heads: size.heads,
  num_key_value_heads: size.kvHeads,
  vocab_size: size.vocabulary,
  max_position_embeddings: Math.max(2048, size.sequence),
  rms_norm_eps: 1e-5,
  rope_theta: 10000,
  hidden_act: 'silu',
  tie_word_embeddings: false,
  torch_dtype: 'float32',
});
