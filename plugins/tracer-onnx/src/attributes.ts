import type { OnnxAttributeValue, OnnxNodeDescription, OnnxTensor } from '@secateur/core';

/** Attributes of a node, with the defaults of ONNX given by who asks. Plain Errors name the attribute. */
export class NodeAttributes {
  constructor(private readonly node: OnnxNodeDescription) {}

  has(name: string): boolean {
    return Object.hasOwn(this.node.attributes, name);
  }

  int(name: string, otherwise?: number): number {
    return this.#read(name, value => ('int' in value ? value.int : undefined), otherwise);
  }

  float(name: string, otherwise?: number): number {
    return this.#read(name, value => ('float' in value ? value.float : undefined), otherwise);
  }

  string(name: string, otherwise?: string): string {
    return this.#read(name, value => ('string' in value ? value.string : undefined), otherwise);
  }

  ints(name: string, otherwise?: readonly number[]): readonly number[] {
    return this.#read(name, value => ('ints' in value ? value.ints : undefined), otherwise);
  }

  tensor(name: string): OnnxTensor | undefined {
    return this.has(name)
      ? this.#read(name, value => ('tensor' in value ? value.tensor : undefined))
      : undefined;
  }

  #read<T>(name: string, read: (value: OnnxAttributeValue) => T | undefined, otherwise?: T): T {
    const value = this.node.attributes[name];
    const found = value ? read(value) : otherwise;
    if (found === undefined)
      throw new Error(`the attribute ${name} ${value ? 'is of another type' : 'is missing'}`);
    return found;
  }
}

/** An axis counted from the front. */
export const axisOf = (axis: number, rank: number): number => {
  const found = axis < 0 ? axis + rank : axis;
  if (!(found >= 0 && found < rank)) throw new Error(`there is no axis ${axis} in a tensor of ${rank}`);
  return found;
};

/**
 * The extents that Reshape asks for: 0 copies the extent of the input there (unless `allowzero`), −1 takes what is left.
 */
export const reshapeTarget = (
  shape: readonly number[],
  target: readonly number[],
  allowZero: boolean,
): number[] => {
  const extents = target.map((extent, axis) => (extent === 0 && !allowZero ? (shape[axis] ?? 0) : extent));
  const open = extents.indexOf(-1);
  if (open < 0) return extents;
  const product = (all: readonly number[]): number => all.reduce((a, b) => a * b, 1);
  const rest = product(extents.toSpliced(open, 1));
  return extents.with(open, rest === 0 ? 0 : product(shape) / rest);
};

/** Without the axes, or those of extent 1 where none are named. */
export const squeezed = (shape: readonly number[], axes: readonly number[] | undefined): number[] => {
  const dropped = axes?.map(axis => axisOf(axis, shape.length));
  return shape.filter((extent, axis) => !(dropped ? dropped.includes(axis) : extent === 1));
};

/** With axes of extent 1 in those places of the result. */
export const unsqueezed = (shape: readonly number[], axes: readonly number[]): number[] => {
  const rank = shape.length + axes.length;
  const added = axes.map(axis => axisOf(axis, rank));
  const rest = [...shape];
  return Array.from({ length: rank }, (_, axis) => (added.includes(axis) ? 1 : rest.shift()!));
};

/** A slice of one axis, every index as NumPy takes it. */
export interface AxisSlice {
  readonly axis: number;
  readonly start: number;
  /** Number of indices. */
  readonly count: number;
  readonly step: number;
}

/** Start, end and step of a slice, clamped to the extent as ONNX does. */
export const axisSlice = (
  shape: readonly number[],
  given: number,
  start: number,
  end: number,
  step: number,
): AxisSlice => {
  const axis = axisOf(given, shape.length);
  const extent = shape[axis]!;
  const clamp = (index: number, low: number, high: number): number =>
    Math.min(Math.max(index < 0 ? index + extent : index, low), high);
  const [first, last] =
    step > 0
      ? [clamp(start, 0, extent), clamp(end, 0, extent)]
      : [clamp(start, 0, extent - 1), clamp(end, -1, extent - 1)];
  return { axis, start: first, count: Math.max(0, Math.ceil((last - first) / step)), step };
};

/** Extents of the parts of Split: given, or equal with a smaller last one. */
export const splitSizes = (
  extent: number,
  count: number,
  given: readonly number[] | undefined,
): readonly number[] => {
  if (given) return given;
  const size = Math.ceil(extent / count);
  return Array.from({ length: count }, (_, i) => Math.min(size, extent - i * size));
};
