import { masked, type QueryBlock, type Value } from '@secateur/core/graph';
import type { Emitter } from './emitter.js';

/**
 * What is added to the scores of a block of c queries and n keys where documents share a sequence, [B, 1, 1, c, n]: the
 * causal mask within a document and towards its trunk, and `masked` elsewhere. Made once, for all layers.
 * @param documents [B, S]
 * @param trunks [B, S]
 * @param causal name of the causal mask of the block, [c, n]
 */
export const documentMask = (
  e: Emitter,
  documents: Value,
  trunks: Value | undefined,
  causal: string,
  { start, end, from }: QueryBlock,
): string =>
  e.once(`mask(${documents.name};${trunks?.name};${causal};${start},${end})`, () => {
    const [batch, length] = documents.shape as [number, number];
    const part = ({ name }: Value, first: number): string => e.run(name, length, 1, first, end);
    const keys = e.reshape(part(documents, from), [batch, 1, 1, 1, end - from]);
    const equal = (numbers: Value): string =>
      e.node('Equal', [e.reshape(part(numbers, start), [batch, 1, 1, end - start, 1]), keys]);
    const own = equal(documents);
    const seen = trunks ? e.node('Or', [own, equal(trunks)]) : own;
    return e.node('Where', [seen, causal, e.scalar(masked)]);
  });
