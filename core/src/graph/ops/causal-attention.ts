import type { GraphBuilder } from '../builder.js';
import type { Shape, Value } from '../graph.js';
import { sizeOf } from '../graph.js';
import type { Composite } from '../operator.js';
import { add } from './add.js';
import { causalMask, documentMask } from './attention-mask.js';
import { expectFloat, expectShape, refuseGradient } from './expect.js';
import { matMul } from './mat-mul.js';
import { mul, scaleBy } from './mul.js';
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
};

/**
 * Causal softmax attention with grouped queries (Ainslie et al., arXiv 2305.13245):
 * `p = softmax(scale · q kᵀ + mask)`, `o = p v` for each of K key-value heads and the G query heads that share it.
 * q [B, S, K, G, D], k [B, S, K, D], v [B, S, K, Dv]; o [B, S, K, G, Dv], and p [B, K, G·S, S] saved.
 *
 * With `documents` [B, S], whole numbers, position i sees position j only where both are of one document. They are float,
 * as the scores are that they mask, and carry no gradient.
 */
export const CausalAttention: Composite = {
  name: 'CausalAttention',
  kind: 'composite',
  infer: ([q, k, v, documents]) => {
    expectFloat('CausalAttention', q, k, v, documents);
    if (q!.shape.length !== 5) throw new Error(`CausalAttention: q [${q!.shape}] is not [B, S, K, G, D]`);
    const [batch, length, heads, group, depth] = q!.shape as unknown as FiveExtents;
    const depthV = v!.shape.at(-1)!;
    expectShape('CausalAttention', k!, [batch, length, heads, depth]);
    expectShape('CausalAttention', v!, [batch, length, heads, depthV]);
    if (documents) expectShape('CausalAttention', documents, [batch, length]);
    return [
      { dtype: 'float', shape: [batch, length, heads, group, depthV] },
      { dtype: 'float', shape: [batch, heads, group * length, length] },
    ];
  },
  expand: (g, [q, k, v, documents], { scale, window = 0 }: CausalAttentionAttributes) => {
    const [batch, length, heads, group, depth] = q!.shape as unknown as FiveExtents;
    const depthV = v!.shape.at(-1)!;
    const queries = transpose(g, q!, [0, 2, 3, 1, 4]);
    const keys = transpose(g, reshape(g, k!, [batch, length, heads, 1, depth]), [0, 2, 3, 4, 1]);
    const values = transpose(g, reshape(g, v!, [batch, length, heads, 1, depthV]), [0, 2, 3, 1, 4]);
    const scores = scaleBy(g, matMul(g, queries, keys), scale);
    const causal = causalMask(g, length, window);
    const mask = documents ? add(g, documentMask(g, documents), causal) : causal;
    const p = softmax(g, add(g, scores, mask));
    return [
      transpose(g, matMul(g, p, values), [0, 3, 1, 2, 4]),
      reshape(g, p, [batch, heads, group * length, length]),
    ];
  },
  // The G query heads of a key-value head are rows of one matrix, so that keys and values are never repeated. What is
  // masked has p = 0, and with it every term below: documents change nothing here.
  gradient: (g, { inputs: [q, k, v], outputs: [o, p], attributes, outputGradients: [dO, dp], wants }) => {
    refuseGradient('CausalAttention', p!, dp);
    const { scale } = attributes as CausalAttentionAttributes;
    const dORows = rows(g, dO!);
    const byScores = (): Value => {
      const delta = rows(g, reduceSum(g, mul(g, dO!, o!), [4], true));
      const byP = matMul(g, dORows, transpose(g, v!, [0, 2, 3, 1]));
      return mul(g, p!, sub(g, byP, delta));
    };
    const dS = wants[0] || wants[1] ? byScores() : undefined;
    return [
      wants[0] ? scaleBy(g, fromRows(g, matMul(g, dS!, perHead(g, k!)), q!.shape), scale) : undefined,
      wants[1] ? scaleBy(g, perHead(g, matMul(g, matrixTranspose(g, dS!), rows(g, q!))), scale) : undefined,
      wants[2] ? perHead(g, matMul(g, matrixTranspose(g, p!), dORows)) : undefined,
    ];
  },
  // Per score: two products, scale, mask, and the 4 of Softmax; 4 for each pair of positions whose documents are compared.
  flops: ([q, , v, documents], [, p]) =>
    sizeOf(p!.shape) * (2 * q!.shape.at(-1)! + 2 * v!.shape.at(-1)! + 6) +
    (documents ? 4 * sizeOf(documents.shape) * documents.shape[1]! : 0),
};

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
