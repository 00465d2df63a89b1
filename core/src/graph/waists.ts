import type { Graph } from './graph.js';

/** A place where a graph is as narrow as one tensor: everything behind it is computed from that tensor. */
export interface Waist {
  /** The tensor that passes: the residual stream of a decoder, between two of its halves. */
  readonly value: string;
  /** How many nodes stand before the place. */
  readonly at: number;
}

/**
 * All waists in execution order. Inputs, parameters and constants may be read on either side, and outputs of the graph
 * may be made on either side: what counts is what nodes compute for nodes behind.
 *
 * A graph may be cut at its waists and run piece by piece: recomputed in the backward pass, started in the middle, or
 * streamed through a memory that holds one piece.
 */
export const waists = (graph: Graph): Waist[] => {
  const lastRead = new Map<string, number>();
  for (const [i, node] of graph.nodes.entries()) for (const name of node.inputs) lastRead.set(name, i);
  const live = new Set<string>();
  const found: Waist[] = [];
  for (const [i, node] of graph.nodes.entries()) {
    for (const name of node.outputs) if (lastRead.has(name)) live.add(name);
    for (const name of node.inputs) if (lastRead.get(name) === i) live.delete(name);
    const [value] = live;
    if (live.size === 1 && value !== undefined) found.push({ value, at: i + 1 });
  }
  return found;
};
