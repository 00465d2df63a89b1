import type { ModelConfig } from '@secateur/core';
import { fault } from '../fault.js';
import { ROPE_FACTORS } from '../format/tensor-names.js';
import { readableTypeOf, readWhole } from '../quants/read-pieces.js';
import type { GgufFile } from '../reader/open-gguf.js';
import { tokenizerOf } from '../tokenizer/tokenizer-documents.js';
import { configOf } from './config-json.js';
import { type Llama3Scaling, llama3ScalingOf } from './rope-factors.js';
import { type ModelSizes, readSizes } from './sizes.js';
import { findWeights, type Weight } from './weights.js';

/** A GGUF file in the terms of a model folder. */
export interface DescribedModel {
  readonly config: ModelConfig;
  /** Other JSON documents of the folder, by name. */
  readonly documents: Readonly<Record<string, unknown>>;
  readonly layout: readonly Weight[];
}

/**
 * @throws SecateurError E_GGUF for what is missing, wrong, or cannot be said in a model folder; E_TENSOR_DTYPE for a
 * quantisation that cannot be read
 */
export const describeModel = async (gguf: GgufFile): Promise<DescribedModel> => {
  const sizes = readSizes(gguf);
  const weights = findWeights(gguf, sizes);
  for (const { source } of weights.layout) if (source) readableTypeOf(gguf.file, source);
  const tokenizer = tokenizerOf(gguf, sizes.vocabulary, sizes.maxSequence);
  const config = configOf(sizes, weights, await readRopeScaling(gguf, sizes), tokenizer.ids);
  return { config, documents: tokenizer.documents, layout: weights.layout };
};

const readRopeScaling = async (
  { file, tensors }: GgufFile,
  { theta, headDim, ropeFactor }: ModelSizes,
): Promise<Llama3Scaling | undefined> => {
  const tensor = tensors.get(ROPE_FACTORS);
  if (!tensor) return undefined;
  if (String(tensor.shape) !== String([headDim / 2]))
    throw fault(
      file,
      `has the tensor ${ROPE_FACTORS} of shape [${tensor.shape.join(', ')}], expected [${headDim / 2}]`,
    );
  if (ropeFactor !== 1)
    throw fault(file, `scales RoPE by ${ropeFactor} and by ${ROPE_FACTORS}, expected one of these`);
  return llama3ScalingOf(file, await readWhole(file, tensor), theta);
};
