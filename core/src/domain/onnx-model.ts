import type { Shape } from '../graph/graph.js';

/** Element types of ONNX tensors by their names in its protobuf, in small letters; others are `other`. */
export type OnnxDType =
  | 'float'
  | 'double'
  | 'float16'
  | 'bfloat16'
  | 'int64'
  | 'int32'
  | 'bool'
  | 'int8'
  | 'uint8'
  | 'other';

/** An input or output: extents are numbers or the names of dimensions that are known when the model runs. */
export interface OnnxValue {
  readonly name: string;
  readonly dtype: OnnxDType;
  readonly shape: readonly (number | string)[];
}

/** Attributes in the few forms that ONNX has. A subgraph is only said to be there. */
export type OnnxAttributeValue =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly string: string }
  | { readonly ints: readonly number[] }
  | { readonly floats: readonly number[] }
  | { readonly strings: readonly string[] }
  | { readonly tensor: OnnxTensor }
  | { readonly graph: true };

export interface OnnxNodeDescription {
  /** May be empty. */
  readonly name: string;
  readonly op: string;
  /** Path of the module that the node comes from, where the file notes it or its name has it; otherwise empty. */
  readonly scope: string;
  /** '' for the operators of ONNX itself. */
  readonly domain: string;
  /** An absent optional input is the empty string. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttributeValue>>;
}

/** Where the bytes of a tensor lie, checked against the length of the file. */
export interface OnnxBytes {
  /** Absolute path. */
  readonly file: string;
  readonly offset: number;
  readonly byteLength: number;
}

/** A tensor of the model: by reference, by value, or both. */
export interface OnnxTensor {
  readonly name: string;
  readonly dtype: OnnxDType;
  readonly shape: Shape;
  /** Little-endian elements in a file; absent for tensors that the protobuf holds element by element. */
  readonly bytes?: OnnxBytes;
  /** The elements as numbers, for what is needed to know the graph: shapes, axes, masks, tables, scalars. */
  readonly data?: Float64Array;
}

/** An ONNX model as plain data, without its weights: what `checkpoint-onnx` reads and `tracer-onnx` understands. */
export interface OnnxModel {
  readonly irVersion: number;
  /** Version of the operators by domain. */
  readonly opsets: Readonly<Record<string, number>>;
  readonly producer: string;
  /** What is fed; initializers are not among them. */
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /** In execution order. Constants are initializers here. */
  readonly nodes: readonly OnnxNodeDescription[];
  readonly initializers: readonly OnnxTensor[];
}
