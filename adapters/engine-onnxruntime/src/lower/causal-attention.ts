import { causalMask, GraphBuilder } from '@secateur/core/graph';
import { documentMask } from './document-mask.js';
import type { Lowering } from './emitter.js';

/**
 * Grouped-query attention without repeated keys and values: the G query heads of a KV head are merged into the
 * rows of one product, [G·S, D] × [D, S]. Scores are seen as [B, K, G, S, S] for the mask only.
 */
export const causalAttention: Lowering = {
  emit(e, { inputs: [q, k, v, documents], outputs: [o, p], attributes }) {
    const [B, S, K, G, D] = q!.shape as [number, number, number, number, number];
    const Dv = v!.shape[3]!;
    const scaled = e.node('Mul', [q!.name, e.scalar(attributes.scale as number)]);
    const rows = e.reshape(e.transpose(scaled, [0, 2, 3, 1, 4]), [B, K, G * S, D]);
    const scores = e.node('MatMul', [rows, e.transpose(k!.name, [0, 2, 3, 1])]);
    const window = (attributes.window as number | undefined) ?? 0;
    const causal = e.tensor(`mask(${S},${window})`, [S, S], () => maskOf(S, window));
    const mask = documents ? documentMask(e, documents, causal, [0, S], [0, S]) : causal;
    const masked = e.node('Add', [e.reshape(scores, [B, K, G, S, S]), mask]);
    const probabilities = e.node('Softmax', [masked], { attributes: { axis: { int: -1 } } });
    e.reshape(probabilities, [B, K, G * S, S], p!.name);
    const mixed = e.node('MatMul', [p!.name, e.transpose(v!.name, [0, 2, 1, 3])]);
    e.transpose(e.reshape(mixed, [B, K, G, S, Dv]), [0, 3, 1, 2, 4], o!.name);
  },
};

/** The mask of the reference form, so that all forms agree in every masked score. */
const maskOf = (length: number, window: number): Float64Array => {
  const g = new GraphBuilder();
  const { name } = causalMask(g, length, window);
  return g.build().constants.get(name)!.data;
};
