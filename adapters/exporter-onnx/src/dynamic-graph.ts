import { SecateurError } from '@secateur/core';
import {
  type Attributes,
  type Graph,
  type Node,
  operatorOf,
  rebuild,
  type Shape,
} from '@secateur/core/graph';

/** An extent of a tensor as `factor · batch · sequence`, with those of the two that it has. */
export interface Extent {
  readonly factor: number;
  readonly batch: boolean;
  readonly sequence: boolean;
}

/** A graph whose batch and sequence are open. */
export interface DynamicGraph {
  /** Traced at one shape; its extents are told apart by {@link extents}. */
  readonly graph: Graph;
  /** Extents of a value of the graph. */
  extents(name: string): readonly Extent[];
}

/**
 * Two shapes at which a graph is traced. Their numbers are prime and their products distinct, so that one extent in
 * both traces has one explanation: constant, batch, sequence, or both.
 */
export const probes = [
  { batch: 2, sequence: 3 },
  { batch: 5, sequence: 7 },
] as const;

/**
 * Finds where batch and sequence stand in a graph that was traced at both {@link probes}.
 * @param isLowered operators that stay; other composites are replaced by their definition
 * @throws SecateurError E_EXPORT where the two traces differ in more than these extents
 */
export const dynamicGraph = (
  [first, second]: readonly [Graph, Graph],
  isLowered: (op: string) => boolean,
): DynamicGraph => {
  const [graph, other] = [expandAll(first, isLowered), expandAll(second, isLowered)];
  if (graph.nodes.length !== other.nodes.length) throw varies('the number of operators');
  graph.nodes.forEach((node, i) => {
    if (!sameNode(node, other.nodes[i]!)) throw varies(`${node.op} of "${node.path}"`);
  });
  const extents = new Map<string, readonly Extent[]>();
  for (const { name, shape } of graph.values.values()) {
    const found = openExtents(shape, other.values.get(name)?.shape ?? []);
    if (!found) throw varies(`the shape of "${name}"`);
    extents.set(name, found);
  }
  for (const { name, data } of graph.constants.values())
    if (!extents.get(name)!.some(isOpen) && data.some((x, i) => x !== other.constants.get(name)!.data[i]))
      throw varies(`the constant "${name}"`);
  return { graph, extents: name => extents.get(name)! };
};

/** The extents of a shape that was seen at both probes; undefined where they have no such form. */
export const openExtents = (first: Shape, second: Shape): readonly Extent[] | undefined => {
  const found = first.map((extent, axis) => openExtent(extent, second[axis] ?? 0));
  return first.length === second.length && found.every(extent => extent !== undefined)
    ? (found as Extent[])
    : undefined;
};

const openExtent = (first: number, second: number): Extent | undefined => {
  const [a, b] = probes;
  for (const [batch, sequence] of [
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ] as const) {
    const size = (shape: { batch: number; sequence: number }): number =>
      (batch ? shape.batch : 1) * (sequence ? shape.sequence : 1);
    const factor = first / size(a);
    if (Number.isInteger(factor) && factor * size(b) === second) return { factor, batch, sequence };
  }
  return undefined;
};

/** Whether an extent depends on what is fed. */
export const isOpen = ({ batch, sequence }: Extent): boolean => batch || sequence;

const expandAll = (graph: Graph, isLowered: (op: string) => boolean): Graph => {
  if (graph.nodes.every(({ op }) => isLowered(op))) return graph;
  const expanded = rebuild(graph, (g, node, inputs) => {
    if (isLowered(node.op)) return undefined;
    const operator = operatorOf(node.op);
    if (operator.kind === 'composite') return operator.expand(g, inputs, node.attributes);
    throw new SecateurError(
      'E_EXPORT',
      `The operator ${node.op} of "${node.path}" has no form in ONNX here.`,
    );
  });
  return expandAll(expanded, isLowered);
};

const sameNode = (a: Node, b: Node): boolean =>
  a.op === b.op &&
  a.inputs.join() === b.inputs.join() &&
  a.outputs.join() === b.outputs.join() &&
  sameAttributes(a.attributes, b.attributes);

/** Target shapes are told by the shapes of the values. */
const sameAttributes = (a: Attributes, b: Attributes): boolean =>
  Object.keys(a).length === Object.keys(b).length &&
  Object.entries(a).every(([key, value]) => key === 'shape' || String(value) === String(b[key]));

const varies = (what: string): SecateurError =>
  new SecateurError(
    'E_EXPORT',
    `${what} depends on the length of the text in a way that is not understood, expected a decoder.`,
    { hint: 'Models of the LLaMA family can be written as ONNX.' },
  );
