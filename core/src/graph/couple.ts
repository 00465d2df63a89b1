import type { Member, RemovalGroup, UnitKind } from '../domain/removal-group.js';
import { Dimensions } from './dimension.js';
import { expandGraph } from './expand.js';
import type { Graph, Node, Parameter } from './graph.js';
import { valueNamed } from './graph.js';
import { layerOf } from './layer-of.js';
import { dimensionsOf, hasDimension, type Layout } from './layout.js';
import type { Axis, CouplingContext, Primitive } from './operator.js';
import { operatorOf } from './ops/index.js';
import { unitCost } from './unit-cost.js';

/** What coupling finds in a graph. */
export interface Coupling {
  /** Every dimension that some parameter has, in the order in which the graph meets them. */
  readonly groups: readonly RemovalGroup[];
  /** How an axis of any tensor of the graph is made of dimensions. */
  layout(value: string, axis: number): Layout;
}

/**
 * Finds the removal groups of a graph: LoRAShear's minimal removal structures (arXiv 2310.18356, Alg. 2) by
 * coupling of dimensions instead of by tables of module names.
 *
 * Composites are expanded first, so their coupling is that of their definition. A class is unprunable when it
 * reaches a graph input or output, when an operator without a rule touches it, or when zeroing its units is not the
 * same as cutting them (found by following zeros through the graph).
 */
export const couple = (graph: Graph): Coupling => {
  const { graph: flat, alias } = expandGraph(graph);
  const dimensions = new Dimensions();
  const terms = new Map<string, number[]>();
  for (const [name, value] of flat.values)
    terms.set(
      name,
      value.shape.map(extent => dimensions.fresh(extent)),
    );
  const sums = new Map<Node, readonly (readonly Axis[])[]>();

  for (const node of flat.nodes) sums.set(node, coupleNode(node, flat, dimensions, terms));
  for (const name of flat.inputs) freezeAll(dimensions, terms.get(name)!, 'it is an axis of a graph input');
  for (const [role, name] of flat.outputs)
    freezeAll(dimensions, terms.get(name)!, `it reaches the output "${role}"`);

  const layout = (value: string, axis: number): Layout => {
    const term = terms.get(alias.get(value) ?? value)?.[axis];
    if (term === undefined) throw new Error(`coupling knows no axis ${axis} of "${value}"`);
    return dimensions.layout(term);
  };
  const dimensionsAt = ({ value, axis }: Axis): number[] => dimensions.leaves(terms.get(value)![axis]!);
  const occurrences = findOccurrences(flat, layout, madeBy(flat, sums, dimensionsAt));
  proveZeros(flat, dimensions, terms, sums, occurrences);
  return { groups: makeGroups(dimensions, occurrences, flat), layout };
};

interface Occurrence extends Member {
  readonly role: Parameter['role'];
  readonly path: string;
}

const freezeAll = (dimensions: Dimensions, terms: readonly number[], reason: string): void => {
  for (const term of terms) dimensions.freeze(term, reason);
};

/** Runs one node's rule; returns the axes over which it sums, those of one sum together. */
const coupleNode = (
  node: Node,
  graph: Graph,
  dimensions: Dimensions,
  terms: Map<string, number[]>,
): Axis[][] => {
  const operator = operatorOf(node.op) as Primitive;
  const term = ({ value, axis }: Axis): number => terms.get(value)![axis]!;
  const sums: Axis[][] = [];
  let scratch = 0;
  const context: CouplingContext = {
    inputs: node.inputs.map(name => (name === '' ? undefined : valueNamed(graph, name))),
    outputs: node.outputs.map(name => valueNamed(graph, name)),
    attributes: node.attributes,
    input: (i, axis) => ({ value: node.inputs[i]!, axis }),
    output: (i, axis) => ({ value: node.outputs[i]!, axis }),
    tie: (a, b) => dimensions.unify(term(a), term(b)),
    tieProduct: (whole, parts) => dimensions.unifyProducts(whole.map(term), parts.map(term)),
    tieSum: (whole, parts) => dimensions.compose('sum', term(whole), parts.map(term)),
    fresh(extent) {
      const value = `${node.outputs[0]}#dropped${scratch++}`;
      terms.set(value, [dimensions.fresh(extent)]);
      return { value, axis: 0 };
    },
    contract: (...axes) => void sums.push(axes),
    batch(axis) {
      const paired = context.inputs.every(input => {
        const aligned = axis.axis - context.outputs[0]!.shape.length + input!.shape.length;
        return (input!.shape[aligned] ?? 1) > 1;
      });
      dimensions.mark(term(axis), paired ? 'paired batch' : 'batch');
    },
    repeat: axis => dimensions.mark(term(axis), 'repeated'),
    normalise: axis => dimensions.mark(term(axis), 'normalised'),
    freeze: (axis, reason) => dimensions.freeze(term(axis), reason),
  };
  if (operator.couple) operator.couple(context);
  else
    for (const name of [...node.inputs, ...node.outputs])
      if (name !== '') freezeAll(dimensions, terms.get(name)!, `${node.op} has no coupling rule`);
  return sums;
};

/**
 * The dimensions that each parameter makes: those that some reader of it does not sum over. (A linear layer makes
 * its output and reads its input; a tied embedding makes by lookup what it reads as the head.)
 */
const madeBy = (
  graph: Graph,
  sums: ReadonlyMap<Node, readonly (readonly Axis[])[]>,
  dimensionsAt: (axis: Axis) => number[],
): ReadonlyMap<string, ReadonlySet<number>> => {
  const origin = new Map<string, string>([...graph.parameters.keys()].map(name => [name, name]));
  const made = new Map<string, Set<number>>([...graph.parameters.keys()].map(name => [name, new Set()]));
  for (const node of graph.nodes) {
    const moved = origin.get(node.inputs[0]!);
    if (moved !== undefined && (operatorOf(node.op) as Primitive).moves) {
      for (const out of node.outputs) origin.set(out, moved);
      continue;
    }
    for (const name of node.inputs) {
      const source = origin.get(name);
      if (source === undefined) continue;
      const summed = new Set(
        sums
          .get(node)!
          .flat()
          .filter(axis => axis.value === name)
          .flatMap(dimensionsAt),
      );
      valueNamed(graph, name).shape.forEach((_, axis) => {
        for (const dimension of dimensionsAt({ value: name, axis }))
          if (!summed.has(dimension)) made.get(source)!.add(dimension);
      });
    }
  }
  return made;
};

/** Every (parameter, axis, dimension), in graph order. */
const findOccurrences = (
  graph: Graph,
  layout: (value: string, axis: number) => Layout,
  made: ReadonlyMap<string, ReadonlySet<number>>,
): Map<number, Occurrence[]> => {
  const paths = new Map<string, string>();
  for (const node of graph.nodes)
    for (const name of node.inputs)
      if (graph.parameters.has(name) && !paths.has(name)) paths.set(name, node.path);
  const found = new Map<number, Occurrence[]>();
  for (const [param, path] of paths) {
    const parameter = graph.parameters.get(param)!;
    parameter.shape.forEach((_, axis) => {
      const own = layout(param, axis);
      for (const dimension of dimensionsOf(own)) {
        const side = made.get(param)!.has(dimension) ? 'own' : 'consumer';
        const units = unitsOf(own, dimension);
        const occurrence: Occurrence = {
          param,
          axis,
          side,
          layout: own,
          dimension,
          units,
          role: parameter.role,
          path,
        };
        found.set(dimension, [...(found.get(dimension) ?? []), occurrence]);
      }
    });
  }
  return found;
};

/**
 * Follows zeros: with all slices of a unit zero, is every sum over the dimension a sum of zeros? Where one is not,
 * cutting the unit would change the result, and the class is frozen.
 */
const proveZeros = (
  graph: Graph,
  dimensions: Dimensions,
  terms: ReadonlyMap<string, readonly number[]>,
  sums: ReadonlyMap<Node, readonly (readonly Axis[])[]>,
  occurrences: ReadonlyMap<number, readonly Occurrence[]>,
): void => {
  const leaves = new Map<string, ReadonlySet<number>>();
  for (const [name, axes] of terms) leaves.set(name, new Set(axes.flatMap(term => dimensions.leaves(term))));
  const zeros = new Map<string, Set<number>>();
  for (const [dimension, members] of occurrences)
    for (const { param } of members) zeros.set(param, (zeros.get(param) ?? new Set()).add(dimension));
  const isZero = (name: string, dimension: number): boolean => zeros.get(name)?.has(dimension) ?? false;

  for (const node of graph.nodes) {
    const operator = operatorOf(node.op) as Primitive;
    for (const axes of sums.get(node)!)
      for (const dimension of dimensions.leaves(terms.get(axes[0]!.value)![axes[0]!.axis]!))
        if (!axes.some(axis => isZero(axis.value, dimension)))
          dimensions.freeze(
            dimension,
            `${node.op} at ${node.path || 'the top'} sums over it where it is not zero`,
          );
    for (const output of node.outputs) {
      const known = new Set<number>();
      for (const dimension of leaves.get(output)!) {
        const inputs = node.inputs.map(name => (name === '' ? undefined : isZero(name, dimension)));
        if (operator.zero(inputs)) known.add(dimension);
      }
      if (known.size > 0) zeros.set(output, known);
    }
  }
};

const makeGroups = (
  dimensions: Dimensions,
  occurrences: ReadonlyMap<number, readonly Occurrence[]>,
  graph: Graph,
): RemovalGroup[] => {
  const taken = new Map<string, number>();
  return [...occurrences].map(([dimension, members]) => {
    const base = members.filter(member => member.role === 'base');
    const owners = base.filter(member => member.side === 'own');
    const { units } = members[0]!;
    const kind = kindOf(dimensions, dimension, base);
    const module = commonModule((owners.length > 0 ? owners : members).map(member => member.path));
    const stem = `${module || 'model'}#${kind}`;
    const count = (taken.get(stem) ?? 0) + 1;
    taken.set(stem, count);
    return {
      id: count === 1 ? stem : `${stem}.${count}`,
      kind,
      module,
      layer: layerOf(module),
      dimension,
      units,
      unitCost: unitCost(base, param => valueNamed(graph, param).shape),
      members: base.map(strip),
      adapterMembers: members.filter(member => member.role === 'adapter').map(strip),
      unprunable: reasonOf(dimensions, dimension, base, owners),
    };
  });
};

const strip = ({ role: _, path: __, ...member }: Occurrence): Member => member;

const unitsOf = (layout: Layout, dimension: number): number => {
  if (layout.kind === 'dimension') return layout.size;
  return unitsOf(layout.parts.find(part => hasDimension(part, dimension))!, dimension);
};

const kindOf = (dimensions: Dimensions, dimension: number, base: readonly Occurrence[]): UnitKind => {
  if (dimensions.marked(dimension, 'paired batch'))
    return dimensions.marked(dimension, 'repeated') ? 'query-head' : 'kv-head';
  if (dimensions.marked(dimension, 'batch')) return 'query-head';
  const isHead = (d: number): boolean => ['paired batch', 'batch'].some(mark => dimensions.marked(d, mark));
  if (base.some(({ layout }) => dimensionsOf(layout).some(isHead))) return 'head-dim';
  if (dimensions.marked(dimension, 'normalised')) return 'hidden';
  return base.length > 0 && dimensions.reasons(dimension).length === 0 ? 'channel' : 'other';
};

/** The module that holds all of these: never one of them itself. */
const commonModule = (paths: readonly string[]): string => {
  const [first = [], ...rest] = paths.map(path => path.split('.').slice(0, -1));
  let length = first.length;
  for (const path of rest)
    while (length > 0 && first.slice(0, length).join('.') !== path.slice(0, length).join('.')) length--;
  return first.slice(0, length).join('.');
};

const reasonOf = (
  dimensions: Dimensions,
  dimension: number,
  base: readonly Occurrence[],
  owners: readonly Occurrence[],
): string | undefined => {
  const reasons = dimensions.reasons(dimension);
  if (reasons.length > 0) return reasons.join('; ');
  if (base.length === 0) return 'only adapter weights have it: the merged model would not shrink';
  if (owners.length === 0) return 'no parameter makes it';
  return undefined;
};
