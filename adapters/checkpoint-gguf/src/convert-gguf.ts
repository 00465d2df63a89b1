import { refuseOccupied, writeModel } from '@secateur/adapter-checkpoint-hf';
import { sizeOf } from '@secateur/core/graph';
import { pairsToHalves } from './format/rotary-rows.js';
import { describeModel } from './model/describe-model.js';
import type { Weight } from './model/weights.js';
import { type FolderDType, narrowestType } from './narrowest-type.js';
import { readPieces } from './quants/read-pieces.js';
import { openGguf } from './reader/open-gguf.js';

export interface ConvertGgufOptions {
  /** Element type on disk. Default: the narrowest that holds every weight exactly, F32 for quantised ones. */
  readonly dtype?: FolderDType | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Tensors written of all that will be. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * Makes a Hugging Face model folder of a GGUF file: config.json, weights, and the tokenizer where the file has one.
 * Quantised weights become the numbers that they stand for. A few million numbers are in memory at a time.
 * @throws SecateurError E_MODEL_NOT_FOUND, E_GGUF, E_TENSOR_DTYPE; E_OUTPUT_EXISTS when the folder holds anything;
 * E_NUMERICS when a weight is too large for the element type; what the signal gives as its reason
 */
export const convertGguf = async (
  file: string,
  outFolder: string,
  { dtype, signal, onProgress }: ConvertGgufOptions = {},
): Promise<void> => {
  const gguf = await openGguf(file);
  const { config, documents, layout } = await describeModel(gguf);
  await refuseOccupied(outFolder);
  const weights = new Map(layout.map(weight => [weight.name, weight]));
  let done = 0;
  async function* tensor(name: string): AsyncIterable<Float32Array> {
    for await (const piece of readWeight(file, weights.get(name)!)) {
      signal?.throwIfAborted();
      yield piece;
    }
    onProgress?.(++done, layout.length);
  }
  signal?.throwIfAborted();
  await writeModel(outFolder, {
    config,
    layout,
    dtype: dtype ?? (await narrowestType(file, layout)),
    tensor,
    documents,
  });
};

async function* readWeight(file: string, { shape, source, pairs }: Weight): AsyncIterable<Float32Array> {
  if (!source) yield new Float32Array(sizeOf(shape));
  else if (pairs === undefined) yield* readPieces(file, source);
  else {
    // A bias lies in the file as one row, and is a matrix of width 1.
    const [rows, width] = shape.length === 1 ? [1, 1] : [pairs, shape[1]!];
    for await (const piece of readPieces(file, source, rows))
      yield pairsToHalves(piece, piece.length / width / pairs, pairs);
  }
}
