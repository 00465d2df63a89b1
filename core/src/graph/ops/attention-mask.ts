import type { GraphBuilder } from '../builder.js';
import type { Value } from '../graph.js';
import { mul, scaleBy } from './mul.js';
import { reshape } from './reshape.js';
import { sub } from './sub.js';

/** What is added to a masked score. Finite, so that no row can become NaN. */
export const masked = -1e9;

/** [S, S]: 0 where position i sees position j, {@link masked} elsewhere. */
export const causalMask = (g: GraphBuilder, length: number, window = 0): Value =>
  g.constant(`causal-mask(${length},${window})`, [length, length], () =>
    Float64Array.from({ length: length * length }, (_, at) => {
      const [i, j] = [Math.floor(at / length), at % length];
      return j <= i && (window === 0 || j > i - window) ? 0 : masked;
    }),
  );

/**
 * [B, 1, 1, S, S]: 0 where two positions are of one document, {@link masked} or less elsewhere.
 * @param documents float [B, S], the number of the document of each position: whole, so that two differ by 1 at least
 */
export const documentMask = (g: GraphBuilder, documents: Value): Value => {
  const [batch, length] = documents.shape as [number, number];
  const rows = reshape(g, documents, [batch, 1, 1, length, 1]);
  const columns = reshape(g, documents, [batch, 1, 1, 1, length]);
  const apart = sub(g, rows, columns);
  return scaleBy(g, mul(g, apart, apart), masked);
};
