import type { Graph } from './graph.js';
import { places } from './places.js';

/** A place where a graph is as narrow as one tensor: everything behind it is computed from that tensor. */
export interface Waist {
  /** The tensor that passes: the residual stream of a decoder, between two of its halves. */
  readonly value: string;
  /** How many nodes stand before the place. */
  readonly at: number;
}

/**
 * All waists in execution order.
 *
 * A graph may be cut at its waists and run piece by piece: recomputed in the backward pass, started in the middle, or
 * streamed through a memory that holds one piece.
 * @param aside values that may pass beside a waist; default none
 */
export const waists = (graph: Graph, aside: ReadonlySet<string> = new Set()): Waist[] =>
  places(graph).flatMap(({ at, live }) => {
    const [value, ...others] = live.filter(name => !aside.has(name));
    return value === undefined || others.length > 0 ? [] : [{ value, at }];
  });
