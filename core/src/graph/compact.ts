import type { RemovalGroup, Selection } from '../domain/removal-group.js';
import type { Coupling } from './couple.js';
import type { Constant, Graph, Node, Parameter, Shape, Value } from './graph.js';
import { sizeOf } from './graph.js';
import { type Kept, keptIndices, keptSize, type Layout } from './layout.js';
import { operatorOf } from './ops/index.js';

/** Indices of one parameter that survive, one list per axis; undefined for an axis that stays whole. */
export type AxisCuts = readonly (readonly number[] | undefined)[];

/** The indices of each dimension that a selection keeps. Throws on a unit that does not exist. */
export const keptBy = (selection: Selection, groups: readonly RemovalGroup[]): Kept => {
  const kept = new Map<number, readonly number[]>();
  for (const group of groups) {
    const removed = new Set(selection.get(group.id) ?? []);
    if (removed.size === 0) continue;
    for (const unit of removed)
      if (!Number.isInteger(unit) || unit < 0 || unit >= group.units)
        throw new Error(`${group.id} has no unit ${unit}; it has ${group.units}`);
    kept.set(
      group.dimension,
      Array.from({ length: group.units }, (_, unit) => unit).filter(unit => !removed.has(unit)),
    );
  }
  return kept;
};

/**
 * Cuts of every parameter that loses something. First pass: the axes that make the removed units; second pass: the
 * axes that read them (LoRAShear section 4). Tied weights are one parameter and are cut once.
 */
export const cutsOf = (
  selection: Selection,
  groups: readonly RemovalGroup[],
): ReadonlyMap<string, AxisCuts> => {
  const kept = keptBy(selection, groups);
  const cuts = new Map<string, (readonly number[] | undefined)[]>();
  for (const side of ['own', 'consumer'] as const)
    for (const group of groups)
      if (kept.has(group.dimension))
        for (const member of [...group.members, ...group.adapterMembers])
          if (member.side === side) {
            const axes = cuts.get(member.param) ?? [];
            axes[member.axis] = keptIndices(member.layout, kept);
            cuts.set(member.param, axes);
          }
  return cuts;
};

/** The shape after the cuts. */
export const cutShape = (shape: Shape, cuts: AxisCuts | undefined): Shape =>
  shape.map((extent, axis) => cuts?.[axis]?.length ?? extent);

/** The entries that survive, row-major. Works on any element type. */
export const cutTensor = <T extends Float32Array | Float64Array>(
  data: T,
  shape: Shape,
  cuts: AxisCuts | undefined,
): T => {
  if (!cuts || cuts.every(cut => cut === undefined)) return data;
  const target = cutShape(shape, cuts);
  const result = new (data.constructor as new (length: number) => T)(sizeOf(target));
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const whole = shape.length - 1;
  const copy = (axis: number, from: number, to: number): void => {
    const cut = cuts[axis];
    if (axis === whole) {
      if (!cut) result.set(data.subarray(from, from + shape[axis]!) as never, to);
      else for (let i = 0; i < cut.length; i++) result[to + i] = data[from + cut[i]!]!;
      return;
    }
    const step = sizeOf(target.slice(axis + 1));
    for (let i = 0; i < target[axis]!; i++)
      copy(axis + 1, from + (cut ? cut[i]! : i) * strides[axis]!, to + i * step);
  };
  if (result.length > 0) copy(0, 0, 0);
  return result;
};

/**
 * The graph without the removed units: every tensor gets its new shape, attributes that hold sizes follow, constants
 * (RoPE tables) are sliced. Parameters that were cut lose their file reference: their bytes are elsewhere now.
 * @param coupling must be that of this very graph
 */
export const compact = (graph: Graph, coupling: Coupling, selection: Selection): Graph => {
  const kept = keptBy(selection, coupling.groups);
  const layouts = (value: Value): Layout[] => value.shape.map((_, axis) => coupling.layout(value.name, axis));
  const shapes = new Map<string, Shape>();
  for (const value of graph.values.values())
    shapes.set(
      value.name,
      layouts(value).map(layout => keptSize(layout, kept)),
    );
  const resized = <V extends Value>(value: V): V => ({ ...value, shape: shapes.get(value.name)! });

  const parameters = new Map<string, Parameter>();
  for (const parameter of graph.parameters.values()) {
    const { ref, ...bare } = resized(parameter);
    const whole = sizeOf(bare.shape) === sizeOf(parameter.shape);
    parameters.set(parameter.name, whole && ref ? { ...bare, ref } : bare);
  }
  const constants = new Map<string, Constant>();
  for (const constant of graph.constants.values()) {
    const cuts = layouts(constant).map(layout => keptIndices(layout, kept));
    constants.set(constant.name, {
      ...resized(constant),
      data: cutTensor(constant.data, constant.shape, cuts),
    });
  }
  const values = new Map<string, Value>();
  for (const value of graph.values.values())
    values.set(value.name, parameters.get(value.name) ?? constants.get(value.name) ?? resized(value));

  const nodes = graph.nodes.map((node): Node => {
    const attributes =
      operatorOf(node.op).resize?.(node.attributes, {
        inputs: node.inputs.map(name => (name === '' ? undefined : values.get(name)!)),
        outputs: node.outputs.map(name => values.get(name)!),
        position: (input, axis, offset) =>
          keptIndices(coupling.layout(node.inputs[input]!, axis), kept).filter(index => index < offset)
            .length,
      }) ?? node.attributes;
    return { ...node, attributes };
  });
  const cut: Graph = { ...graph, values, parameters, constants, nodes };
  checkShapes(cut);
  return cut;
};

/** Every node must infer, from its new inputs, the shapes that the cut gave its outputs. */
const checkShapes = (graph: Graph): void => {
  for (const node of graph.nodes) {
    const inputs = node.inputs.map(name => (name === '' ? undefined : graph.values.get(name)));
    operatorOf(node.op)
      .infer(inputs, node.attributes)
      .forEach(({ shape }, i) => {
        const given = graph.values.get(node.outputs[i]!)!.shape;
        if (shape.join() !== given.join())
          throw new Error(`${node.op} at ${node.path}: the cut gives [${given}], its inputs give [${shape}]`);
      });
  }
};
