import type { GraphBuilder } from './builder.js';
import { type Graph, type Node, type Value, valueNamed } from './graph.js';
import { after } from './ops/after.js';
import { operatorOf } from './ops/index.js';
import { waists } from './waists.js';

/** Values of the forward pass by name, as a gradient rule may read them. */
export type ReadForward = (name: string) => Value;

/** The nodes between two waists. */
interface Piece {
  /** Place of the first node. */
  readonly from: number;
  readonly nodes: readonly Node[];
  /** Everything is computed from this. */
  readonly input: string;
  /** Everything behind is computed from this. */
  readonly output: string;
}

/**
 * Computes the forward pass anew for the backward pass, piece by piece (gradient checkpointing, Chen et al.,
 * arXiv 1604.06174). The pieces lie between the waists of the graph, so that of the first forward pass only waists
 * stay. A piece is computed again from its waist when the gradient has come to its end, and not before.
 *
 * What no waist leads to, such as a piece behind the loss or the first one, is read as it was made. So is what no gradient
 * ever asks for: a teacher's hidden state passes beside the waists.
 * @returns how the gradient rule of the node at a place reads the forward pass
 */
export const recomputed = (
  graph: Graph,
  g: GraphBuilder,
  gradientOf: (name: string) => Value | undefined,
): ((place: number) => ReadForward) => {
  const asMade: ReadForward = name => valueNamed(graph, name);
  const pieces = piecesOf(graph);
  const readers = new Map<Piece, ReadForward>();
  return place => {
    const piece = pieces.find(({ from, nodes }) => from <= place && place < from + nodes.length);
    const arrived = piece && gradientOf(piece.output);
    if (!piece || !arrived) return asMade;
    const reader = readers.get(piece) ?? again(graph, g, piece, arrived);
    readers.set(piece, reader);
    return reader;
  };
};

const piecesOf = (graph: Graph): Piece[] => {
  const places = waists(graph, outside(graph));
  return places.slice(1).map(({ value, at }, i) => {
    const before = places[i]!;
    return { from: before.at, nodes: graph.nodes.slice(before.at, at), input: before.value, output: value };
  });
};

/** Values that are read only where no gradient passes. */
const outside = ({ nodes }: Graph): ReadonlySet<string> => {
  const [without, within] = [new Set<string>(), new Set<string>()];
  for (const { op, inputs } of nodes) {
    const apart = operatorOf(op).outside ?? [];
    for (const [i, name] of inputs.entries()) (apart.includes(i) ? without : within).add(name);
  }
  return new Set([...without].filter(name => !within.has(name)));
};

/** What does not depend on the waist is not made again: inputs, weights, and what is computed from these alone. */
const again = (graph: Graph, g: GraphBuilder, { nodes, input }: Piece, arrived: Value): ReadForward => {
  const made = new Map([[input, after(g, valueNamed(graph, input), arrived)]]);
  const read: ReadForward = name => made.get(name) ?? valueNamed(graph, name);
  for (const { op, inputs, outputs, attributes, path } of nodes) {
    if (!inputs.some(name => made.has(name))) continue;
    const values = g.at(path, () =>
      g.apply(
        op,
        inputs.map(name => (name === '' ? undefined : read(name))),
        attributes,
      ),
    );
    outputs.forEach((name, i) => {
      made.set(name, values[i]!);
    });
  }
  return read;
};
