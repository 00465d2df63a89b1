import { type Graph, sizeOf } from './graph.js';
import { layerOf } from './layer-of.js';
import { subgraph } from './subgraph.js';
import { waists } from './waists.js';

/** Output role of the waist at which a piece ends. */
export const EXIT = 'exit';

/** A part of a graph between two of its waists. */
export interface Piece {
  /** Module path of its last node: `model.layers.3`. */
  readonly path: string;
  /** The waist at which it begins; undefined for the first piece. */
  readonly entry: string | undefined;
  /** The waist at which it ends; undefined for the last piece. */
  readonly exit: string | undefined;
  /** Has the entry as an input, and as outputs the exit and those outputs of the whole that its nodes make. */
  readonly graph: Graph;
}

/**
 * A graph as pieces to be run one after the other: one for each decoder layer, one for what stands before the layers
 * and one for what stands behind. A graph whose paths number no layers, or that has no waists, is one piece.
 */
export const pieces = (graph: Graph): Piece[] => {
  const whole = graph.nodes.length;
  const ends = waists(graph)
    // A node that nobody reads leaves the waist where it was.
    .filter(({ value }, i, all) => all[i - 1]?.value !== value)
    .map(({ value, at }) => ({ exit: value as string | undefined, end: at }))
    .concat({ exit: undefined, end: whole });
  const layerBefore = (end: number): number | undefined => layerOf(graph.nodes[end - 1]?.path ?? '');
  const lasts = ends.filter(
    ({ end }, i) => end === whole || layerBefore(end) !== layerBefore(ends[i + 1]!.end),
  );

  const makers = new Map(graph.nodes.flatMap(({ outputs }, i) => outputs.map(name => [name, i] as const)));
  return lasts.map(({ exit, end }, i) => {
    const { exit: entry, end: start } = lasts[i - 1] ?? { exit: undefined, end: 0 };
    const own = [...graph.outputs].filter(([, name]) => {
      const at = makers.get(name) ?? 0; // what no node makes is there from the start
      return at >= start && at < end;
    });
    return {
      path: graph.nodes[end - 1]?.path ?? '',
      entry,
      exit,
      graph: subgraph(graph, {
        given: entry === undefined ? [] : [entry],
        outputs: new Map(exit === undefined ? own : [...own, [EXIT, exit]]),
      }),
    };
  });
};

/** Bytes of the base weights that a graph reads, as float32. */
export const weightBytes = ({ parameters }: Graph): number =>
  [...parameters.values()].reduce(
    (sum, { role, shape }) => sum + (role === 'base' ? 4 * sizeOf(shape) : 0),
    0,
  );
