/**
 * The graph: a static single-assignment program over tensors of known shape.
 *
 * Operators carry ONNX names and meaning, plus a few composites (`Linear`, `RmsNorm`, ...) that each have an
 * exact expansion into primitives. A graph is readonly data: every transformation returns a new one.
 */

/** `float` is float32 or float64, chosen when the graph is compiled; `int64` and `bool` are as in ONNX. */
export type DType = 'float' | 'int64' | 'bool';

/** Extents of a tensor, row-major. A scalar has shape `[]`. */
export type Shape = readonly number[];

/** A tensor of the graph. Names are unique within a graph. */
export interface Value {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
}

/** Element types that a checkpoint may hold. */
export type StoredDType = 'F64' | 'F32' | 'F16' | 'BF16';

/** Where the bytes of a tensor lie: a reference into a file, never the bytes themselves. */
export interface TensorRef {
  /** Absolute path of the file. */
  readonly file: string;
  /** First byte of the tensor's data in the file. */
  readonly offset: number;
  readonly byteLength: number;
  readonly dtype: StoredDType;
  readonly shape: Shape;
}

/**
 * A weight of the model. `base` weights belong to the checkpoint and are what pruning counts;
 * `adapter` weights (LoRA A and B) are merged or written apart and never counted.
 * A parameter without `ref` must be fed at every run.
 */
export interface Parameter extends Value {
  readonly role: 'base' | 'adapter';
  readonly ref?: TensorRef;
}

/** A small tensor known when the graph is made (a RoPE table, a mask, a scalar). int64 data is held as numbers too. */
export interface Constant extends Value {
  readonly data: Float64Array;
}

export type Attribute = number | string | boolean | readonly number[];
export type Attributes = Readonly<Record<string, Attribute>>;

/** One application of an operator. An optional input that is absent is the empty string. */
export interface Node {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Attributes;
  /** Module path that people know from the checkpoint: `model.layers.3.mlp.up_proj`. */
  readonly path: string;
}

export interface Graph {
  /** Every tensor by name, whatever made it. */
  readonly values: ReadonlyMap<string, Value>;
  /** Fed at every run, in the order of declaration. */
  readonly inputs: readonly string[];
  readonly parameters: ReadonlyMap<string, Parameter>;
  readonly constants: ReadonlyMap<string, Constant>;
  /** In execution order: a node reads only what stands before it. */
  readonly nodes: readonly Node[];
  /** Role (`logits`, `loss`, ...) to the name of the value. */
  readonly outputs: ReadonlyMap<string, string>;
}

/** Number of elements of a shape. */
export const sizeOf = (shape: Shape): number => shape.reduce((product, extent) => product * extent, 1);

/** The value of that name; throws a plain Error when the graph lacks it (a defect of the caller, not of the user). */
export const valueNamed = (graph: Graph, name: string): Value => {
  const value = graph.values.get(name);
  if (!value) throw new Error(`the graph has no value named "${name}"`);
  return value;
};

/** The value that stands for an output role such as `logits`. */
export const outputOf = (graph: Graph, role: string): Value => {
  const name = graph.outputs.get(role);
  if (name === undefined)
    throw new Error(`the graph has no output "${role}"; it has: ${[...graph.outputs.keys()].join(', ')}`);
  return valueNamed(graph, name);
};
