import path from 'node:path';
import { createTextFileReader } from '@secateur/adapter-text';
import { createHuggingFaceTokenizerFormat } from '@secateur/adapter-tokenizer-hf';
import {
  type BatchShape,
  type LiveModel,
  type Packing,
  type Sequence,
  type SourceData,
  type Tokenizer,
  tokeniseSource,
} from '@secateur/core';
import { differentiate, flopsOf, withLoss } from '@secateur/core/graph';

/** 2,000 records of Stanford Alpaca, below the development data. */
export const alpacaFile = (data: string): string => path.join(data, 'alpaca/alpaca_small_2000.json');

/** The first records, cut into sequences of one length in all parts. */
export const alpacaSequences = async (
  data: string,
  tokenizer: Tokenizer,
  sequence: number,
  packing: Packing,
  records = 2000,
): Promise<SourceData> => {
  const source = await createTextFileReader().read('alpaca', alpacaFile(data));
  return tokeniseSource({ ...source, documents: source.documents.slice(0, records) }, tokenizer, {
    sequence,
    chunk: sequence + 1,
    validation: 0.1,
    tuning: 0.05,
    packing,
    vocabulary: tokenizer.size,
  });
};

export const openTokenizer = (folder: string): Promise<Tokenizer> =>
  createHuggingFaceTokenizerFormat().open(folder);

/** Tokens whose prediction counts. */
export const countedTokens = (sequences: readonly Sequence[]): number =>
  sequences.reduce((sum, { weights }) => sum + weights.reduce((own, weight) => own + weight, 0), 0);

/** FLOPs of a forward and backward pass, by the adapter. */
export const trainingFlops = (model: LiveModel, shape: BatchShape): number =>
  flopsOf(differentiate(withLoss(model.graph(shape)), { wrt: [...model.lora.arrays.keys()] }));
