import { masked, type QueryBlock, type Value } from '@secateur/core/graph';
import type { Emitter } from './emitter.js';

/**
 * What is added to the scores of a block of c queries and n keys where documents share a sequence, [B, 1, 1, c, n]: the
 * causal mask within a document, and `masked` elsewhere. Made once, for all layers.
 * @param documents [B, S]
 * @param causal name of the causal mask of the block, [c, n]
 */
export const documentMask = (
  e: Emitter,
  documents: Value,
  causal: string,
  { start, end, from }: QueryBlock,
): string =>
  e.once(`mask(${documents.name};${causal};${start},${end})`, () => {
    const [batch, length] = documents.shape as [number, number];
    const part = (first: number): string => e.run(documents.name, length, 1, first, end);
    const queries = e.reshape(part(start), [batch, 1, 1, end - start, 1]);
    const keys = e.reshape(part(from), [batch, 1, 1, 1, end - from]);
    return e.node('Where', [e.node('Equal', [queries, keys]), causal, e.scalar(masked)]);
  });
