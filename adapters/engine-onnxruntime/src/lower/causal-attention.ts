import { causalMask, GraphBuilder, type QueryBlock, queryBlocks } from '@secateur/core/graph';
import { documentMask } from './document-mask.js';
import type { Lowering } from './emitter.js';
import { emitMatMul } from './mat-mul.js';

/**
 * Grouped-query attention without repeated keys and values: the G query heads of a KV head are merged into the rows of
 * one product, [G·c, D] × [D, n] for a block of c queries that see n keys. Scores are seen as [B, K, G, c, n] for the
 * mask only.
 */
export const causalAttention: Lowering = {
  supports: (_, { precision }) => precision === 'float32',
  emit(e, { inputs: [q, k, v, documents, trunks], outputs: [o, ...saved], attributes }) {
    const [B, S, K, G, D] = q!.shape as [number, number, number, number, number];
    const Dv = v!.shape[3]!;
    const { scale, block, window = 0 } = attributes as { scale: number; block?: number; window?: number };
    const [keys, values] = [e.transpose(k!.name, [0, 2, 1, 3]), e.transpose(v!.name, [0, 2, 1, 3])];
    const blocks = queryBlocks(S, block, window);
    const mixed = blocks.map(({ start, end, from }, i) => {
      const [c, n] = [end - start, end - from];
      const queries = e.run(q!.name, S, 1, start, end);
      const rows = e.reshape(e.transpose(queries, [0, 2, 3, 1, 4]), [B, K, G * c, D]);
      const seen = (x: string): string => e.run(x, S, 2, from, end);
      const scores = emitMatMul(e, rows, seen(keys), { transB: true, alpha: scale });
      const causal = e.tensor(`mask(${c},${n},${window})`, [c, n], () =>
        maskOf(S, window, { start, end, from }),
      );
      const mask = documents ? documentMask(e, documents, trunks, causal, { start, end, from }) : causal;
      const masked = e.node('Add', [e.reshape(scores, [B, K, G, c, n]), mask]);
      const p = e.node('Softmax', [masked], { attributes: { axis: { int: -1 } } });
      const flat = e.reshape(p, [B, K, G * c, n], saved[i]!.name);
      const product = emitMatMul(e, flat, seen(values));
      return e.transpose(
        e.reshape(product, [B, K, G, c, Dv]),
        [0, 3, 1, 2, 4],
        blocks.length === 1 ? o!.name : undefined,
      );
    });
    if (mixed.length > 1) e.concat(mixed, 1, o!.name);
  },
};

/** The mask of the reference form, so that all forms agree in every masked score. */
const maskOf = (length: number, window: number, block: QueryBlock): Float64Array => {
  const g = new GraphBuilder();
  const { name } = causalMask(g, length, window, block);
  return g.build().constants.get(name)!.data;
};
