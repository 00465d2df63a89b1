import type { GraphBuilder } from '../builder.js';
import type { Value } from '../graph.js';
import { mul, scaleBy } from './mul.js';
import { type QueryBlock, run } from './query-blocks.js';
import { reshape } from './reshape.js';
import { sub } from './sub.js';

/** What is added to a masked score. Finite, so that no row can become NaN. */
export const masked = -1e9;

/** [c, n], a block of [S, S]: 0 where position i sees position j, {@link masked} elsewhere. Default: all of it. */
export const causalMask = (
  g: GraphBuilder,
  length: number,
  window = 0,
  { start, end, from }: QueryBlock = { start: 0, end: length, from: 0 },
): Value => {
  const shape = [end - start, end - from] as const;
  // A mask tells where queries lie behind the first key, and nothing else of the block.
  return g.constant(`causal-mask(${shape},${start - from},${window})`, shape, () =>
    Float64Array.from({ length: shape[0] * shape[1] }, (_, at) => {
      const [i, j] = [start + Math.floor(at / shape[1]), from + (at % shape[1])];
      return j <= i && (window === 0 || j > i - window) ? 0 : masked;
    }),
  );
};

/**
 * [B, 1, 1, c, n], a block of all pairs: 0 where two positions are of one document, or the key is of the query's trunk,
 * {@link masked} or less elsewhere.
 * @param documents float [B, S], the number of the document of each position: whole, so that two differ by 1 at least
 * @param trunks float [B, S], the number of one more document that each position sees
 */
export const documentMask = (
  g: GraphBuilder,
  documents: Value,
  trunks: Value | undefined,
  { start, end, from }: QueryBlock,
): Value => {
  const batch = documents.shape[0]!;
  const keys = reshape(g, run(g, documents, 1, from, end), [batch, 1, 1, 1, end - from]);
  const apartFrom = (numbers: Value): Value => {
    const queries = reshape(g, run(g, numbers, 1, start, end), [batch, 1, 1, end - start, 1]);
    const apart = sub(g, queries, keys);
    return mul(g, apart, apart);
  };
  const apart = apartFrom(documents);
  return scaleBy(g, trunks ? mul(g, apart, apartFrom(trunks)) : apart, masked);
};
