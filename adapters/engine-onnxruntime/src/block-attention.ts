import { type Graph, rebuild } from '@secateur/core/graph';

/** Fewer queries than this are not worth a product of their own. */
const leastQueries = 64;

/** More are worth a block of their own: its scores no longer stay in a cache, and half of its last keys are hidden. */
const mostQueries = 512;

/**
 * Each block costs copies of the keys and values that it sees: where blocks have fewer than the most queries, beyond four
 * copies eat up what is saved.
 */
const fewBlocks = 4;

/**
 * Lets attention work in blocks of queries, so that most of what causality hides is never computed: with four blocks
 * 5/8 of all scores are left, and the more the longer a sequence is, nearly half.
 */
export const blockAttention = (graph: Graph): Graph =>
  rebuild(graph, (g, { op, attributes, outputs }, inputs) => {
    if (op !== 'CausalAttention' || attributes.block !== undefined) return undefined;
    const length = inputs[0]!.shape[1]!;
    const block = Math.min(mostQueries, Math.max(leastQueries, Math.ceil(length / fewBlocks)));
    return block < length ? g.apply(op, inputs, { ...attributes, block }, outputs.slice(0, 1)) : undefined;
  });
