import { masked, type Value } from '@secateur/core/graph';
import type { Emitter } from './emitter.js';

/** A run of positions, the end not included. */
export type Span = readonly [from: number, to: number];

/**
 * What is added to the scores of some queries against some keys where documents share a sequence, [B, 1, 1, rows,
 * columns]: the causal mask within a document, and `masked` elsewhere. Made once, for all layers.
 * @param documents [B, S]
 * @param causal name of the causal mask of these rows and columns, [rows, columns]
 */
export const documentMask = (
  e: Emitter,
  documents: Value,
  causal: string,
  rows: Span,
  columns: Span,
): string =>
  e.once(`mask(${documents.name};${causal};${rows};${columns})`, () => {
    const [batch, length] = documents.shape as [number, number];
    const part = ([from, to]: Span): string =>
      from === 0 && to === length
        ? documents.name
        : e.node('Slice', [documents.name, e.ints([from]), e.ints([to]), e.ints([1])]);
    const same = e.node('Equal', [
      e.reshape(part(rows), [batch, 1, 1, rows[1] - rows[0], 1]),
      e.reshape(part(columns), [batch, 1, 1, 1, columns[1] - columns[0]]),
    ]);
    return e.node('Where', [same, causal, e.scalar(masked)]);
  });
