import type { Emitter, Lowering } from '../emitter.js';

/** What is added to a masked score. Finite, so that a row of padding cannot become NaN. */
const MASKED = -1e9;

/** Names of the cache tensors of the attention layer of that number, as transformers.js feeds and reads them. */
export const cacheNames = (layer: number) => ({
  past: { key: `past_key_values.${layer}.key`, value: `past_key_values.${layer}.value` },
  present: { key: `present.${layer}.key`, value: `present.${layer}.value` },
});

/**
 * Attention with a cache: keys and values [B, K, T, D] of the past come first, those of the sequence after them.
 * Query heads of a KV head stand on an axis of their own, so that keys are never repeated.
 * @param layer counts layers that have attention
 */
export const causalAttention =
  (layer: number): Lowering =>
  (e, { inputs: [q, k, v], outputs: [o], attributes }) => {
    const { past, present } = cacheNames(layer);
    const [, , heads, , depth] = q!.shape;
    for (const [name, size] of [
      ['key', depth!],
      ['value', v!.shape[3]!],
    ] as const) {
      e.model.input(past[name], 'float', ['batch_size', heads!, 'past_sequence_length', size]);
      e.model.output(present[name], 'float', [
        'batch_size',
        heads!,
        'past_sequence_length + sequence_length',
        size,
      ]);
    }
    const joined = (x: string, name: 'key' | 'value'): string =>
      e.node('Concat', [past[name], e.transpose(x, [0, 2, 1, 3])], {
        attributes: { axis: { int: 2 } },
        outputs: [present[name]],
      });
    const keys = e.unsqueeze(e.transpose(joined(k!.name, 'key'), [0, 1, 3, 2]), [2]);
    const values = e.unsqueeze(joined(v!.name, 'value'), [2]);
    const queries = e.transpose(q!.name, [0, 2, 3, 1, 4]);
    const scores = e.node('Mul', [e.node('MatMul', [queries, keys]), e.scalar(attributes.scale as number)]);
    const masked = e.node('Add', [scores, mask(e, (attributes.window as number | undefined) ?? 0)]);
    const probabilities = e.node('Softmax', [masked], { attributes: { axis: { int: -1 } } });
    e.transpose(e.node('MatMul', [probabilities, values]), [0, 3, 1, 2, 4], [o!.name]);
  };

/** [B, 1, 1, S, T]: 0 where a position sees another, {@link MASKED} elsewhere. */
const mask = (e: Emitter, window: number): string =>
  e.once(`mask(${window})`, () => {
    const seen = [e.once('causal', () => e.node('LessOrEqual', [keyIndex(e), queryIndex(e)]))];
    if (window > 0)
      seen.push(e.node('Greater', [keyIndex(e), e.node('Sub', [queryIndex(e), e.int(window)])]));
    seen.push(e.once('present', () => e.unsqueeze(e.cast('attention_mask', 'bool'), [1, 2, 3])));
    return e.node('Where', [seen.reduce((a, b) => e.node('And', [a, b])), e.scalar(0), e.scalar(MASKED)]);
  });

const total = (e: Emitter): string =>
  e.once('total', () => e.node('Squeeze', [e.extentOf('attention_mask', 1)]));

/** [T]: places of keys, those of the past first. */
const keyIndex = (e: Emitter): string =>
  e.once('keys', () => e.node('Range', [e.int(0), total(e), e.int(1)]));

/** [S, 1]: places of queries, behind those of the past. */
const queryIndex = (e: Emitter): string =>
  e.once('queries', () => {
    const past = e.node('Sub', [total(e), e.node('Squeeze', [e.extentOf('input_ids', 1)])]);
    return e.unsqueeze(e.node('Range', [past, total(e), e.int(1)]), [1]);
  });
