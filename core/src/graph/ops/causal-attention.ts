import type { GraphBuilder } from '../builder.js';
import type { Shape, Value } from '../graph.js';
import { sizeOf } from '../graph.js';
import type { Composite } from '../operator.js';
import { add } from './add.js';
import { causalMask, documentMask } from './attention-mask.js';
import { expectFloat, expectShape, refuseGradient } from './expect.js';
import { matMul } from './mat-mul.js';
import { mul, scaleBy } from './mul.js';
import { joined, type QueryBlock, queryBlocks, run, sumOfRuns } from './query-blocks.js';
import { reduceSum } from './reduce-sum.js';
import { reshape } from './reshape.js';
import { softmax } from './softmax.js';
import { sub } from './sub.js';
import { matrixTranspose, transpose } from './transpose.js';

export type CausalAttentionAttributes = {
  /** Multiplies q·k: usually 1/√D, D before any cut. */
  readonly scale: number;
  /** Position i sees i − window < j <= i. Absent or 0: everything before it. */
  readonly window?: number;
  /** Queries that are worked on together, over the keys that one of them sees. Absent: all, over all keys. */
  readonly block?: number;
};

/**
 * Causal softmax attention with grouped queries (Ainslie et al., arXiv 2305.13245):
 * `p = softmax(scale · q kᵀ + mask)`, `o = p v` for each of K key-value heads and the G query heads that share it.
 * q [B, S, K, G, D], k [B, S, K, D], v [B, S, K, Dv]; o [B, S, K, G, Dv], and saved for each block of c queries and the
 * n keys that they see p [B, K, G·c, n].
 *
 * With `documents` [B, S], whole numbers, position i sees position j only where both are of one document; with `trunks`
 * [B, S] beside them, also where j is of the document that `trunks` names for i. They are float, as the scores are that
 * they mask, and carry no gradient.
 */
export const CausalAttention: Composite = {
  name: 'CausalAttention',
  kind: 'composite',
  infer: ([q, k, v, documents, trunks], attributes: CausalAttentionAttributes) => {
    expectFloat('CausalAttention', q, k, v, documents, trunks);
    if (q!.shape.length !== 5) throw new Error(`CausalAttention: q [${q!.shape}] is not [B, S, K, G, D]`);
    const [batch, length, heads, group, depth] = q!.shape as unknown as FiveExtents;
    const depthV = v!.shape.at(-1)!;
    expectShape('CausalAttention', k!, [batch, length, heads, depth]);
    expectShape('CausalAttention', v!, [batch, length, heads, depthV]);
    for (const numbers of [documents, trunks])
      if (numbers) expectShape('CausalAttention', numbers, [batch, length]);
    return [
      { dtype: 'float', shape: [batch, length, heads, group, depthV] },
      ...blocksOf(length, attributes).map(({ start, end, from }) => ({
        dtype: 'float' as const,
        shape: [batch, heads, group * (end - start), end - from],
      })),
    ];
  },
  expand: (g, [q, k, v, documents, trunks], attributes: CausalAttentionAttributes) => {
    const { scale, window = 0 } = attributes;
    const [batch, length, heads, group, depth] = q!.shape as unknown as FiveExtents;
    const depthV = v!.shape.at(-1)!;
    const queries = transpose(g, q!, [0, 2, 3, 1, 4]);
    const keys = transpose(g, reshape(g, k!, [batch, length, heads, 1, depth]), [0, 2, 3, 4, 1]);
    const values = transpose(g, reshape(g, v!, [batch, length, heads, 1, depthV]), [0, 2, 3, 1, 4]);
    const maskOf = (block: QueryBlock): Value => {
      const causal = causalMask(g, length, window, block);
      return documents ? add(g, documentMask(g, documents, trunks, block), causal) : causal;
    };
    const blocks = blocksOf(length, attributes).map(block => {
      const { start, end, from } = block;
      const products = matMul(g, run(g, queries, 3, start, end), run(g, keys, 4, from, end));
      const p = softmax(g, add(g, scaleBy(g, products, scale), maskOf(block)));
      return { p, o: matMul(g, p, run(g, values, 3, from, end)) };
    });
    return [
      transpose(
        g,
        joined(
          g,
          blocks.map(({ o }) => o),
          3,
        ),
        [0, 3, 1, 2, 4],
      ),
      ...blocks.map(({ p }) => reshape(g, p, [batch, heads, group * p.shape[3]!, p.shape[4]!])),
    ];
  },
  // The G query heads of a key-value head are rows of one matrix, so that keys and values are never repeated. What is
  // masked has p = 0, and with it every term below: documents change nothing here.
  gradient: (g, { inputs, outputs: [o, ...saved], attributes, outputGradients: [dO, ...dSaved], wants }) => {
    for (const [i, p] of saved.entries()) refuseGradient('CausalAttention', p, dSaved[i]);
    const [q, k, v] = inputs as [Value, Value, Value];
    const { scale } = attributes as CausalAttentionAttributes;
    const wantsScores = wants[0] || wants[1];
    const delta = wantsScores ? reduceSum(g, mul(g, dO!, o!), [4], true) : undefined;
    const [keys, values] = [wants[0] ? perHead(g, k) : undefined, wantsScores ? perHead(g, v) : undefined];
    const blocks = blocksOf(q.shape[1]!, attributes as CausalAttentionAttributes).map((block, i) => {
      const { start, end, from } = block;
      const p = saved[i]!;
      const rowsOf = (x: Value): Value => rows(g, run(g, x, 1, start, end));
      const dORows = rowsOf(dO!);
      const byScores = (): Value => {
        const byP = matMul(g, dORows, matrixTranspose(g, run(g, values!, 2, from, end)));
        return mul(g, p, sub(g, byP, rowsOf(delta!)));
      };
      const dS = wantsScores ? byScores() : undefined;
      const byQ = (): Value =>
        fromRows(g, matMul(g, dS!, run(g, keys!, 2, from, end)), q.shape.with(1, end - start));
      const seen = (value: Value) => ({ start: from, end, value });
      return {
        q: wants[0] ? byQ() : undefined,
        k: wants[1] ? seen(matMul(g, matrixTranspose(g, dS!), rowsOf(q))) : undefined,
        v: wants[2] ? seen(matMul(g, matrixTranspose(g, p), dORows)) : undefined,
      };
    });
    const whole = (name: 'k' | 'v'): Value =>
      perHead(
        g,
        sumOfRuns(
          g,
          blocks.map(block => block[name]!),
          2,
        ),
      );
    const byQueries = (): Value =>
      joined(
        g,
        blocks.map(block => block.q!),
        1,
      );
    return [
      wants[0] ? scaleBy(g, byQueries(), scale) : undefined,
      wants[1] ? scaleBy(g, whole('k'), scale) : undefined,
      wants[2] ? whole('v') : undefined,
    ];
  },
  // Per score: two products, scale, mask, and the 4 of Softmax. The heads share 4 for a pair of positions whose documents
  // are compared, and 3 more where trunks are.
  flops: ([q, , v, documents, trunks], [, ...saved]) => {
    const [, , heads, group, depth] = q!.shape as unknown as FiveExtents;
    const scores = saved.reduce((sum, p) => sum + sizeOf(p.shape), 0);
    return (
      scores * (2 * depth + 2 * v!.shape.at(-1)! + 6) +
      ((documents ? 4 : 0) + (trunks ? 3 : 0)) * (scores / (heads * group))
    );
  },
};

const blocksOf = (length: number, { block, window }: CausalAttentionAttributes): QueryBlock[] =>
  queryBlocks(length, block, window);

/** Returns o. */
export const causalAttention = (
  g: GraphBuilder,
  q: Value,
  k: Value,
  v: Value,
  { scale, window = 0 }: CausalAttentionAttributes,
): Value => g.apply('CausalAttention', [q, k, v], window > 0 ? { scale, window } : { scale })[0]!;

type FiveExtents = [batch: number, length: number, heads: number, group: number, depth: number];

/** [B, S, K, G, D] to [B, K, G·S, D]. */
const rows = (g: GraphBuilder, x: Value): Value => {
  const [batch, length, heads, group, depth] = x.shape as unknown as FiveExtents;
  return reshape(g, transpose(g, x, [0, 2, 3, 1, 4]), [batch, heads, group * length, depth]);
};

/** [B, K, G·S, D] to the shape [B, S, K, G, D]. */
const fromRows = (g: GraphBuilder, x: Value, shape: Shape): Value => {
  const [batch, length, heads, group, depth] = shape as unknown as FiveExtents;
  return transpose(g, reshape(g, x, [batch, heads, group, length, depth]), [0, 3, 1, 2, 4]);
};

/** [B, S, K, D] to [B, K, S, D] and back. */
const perHead = (g: GraphBuilder, x: Value): Value => transpose(g, x, [0, 2, 1, 3]);
