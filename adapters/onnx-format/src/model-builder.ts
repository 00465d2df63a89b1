import type { Shape } from '@secateur/core/graph';
import onnxProto from 'onnx-proto';
import protobuf from 'protobufjs';
import { type ElementType, elementTypes } from './element-types.js';

const { AttributeProto, GraphProto, ModelProto, TensorProto } = onnxProto.onnx;

/** ONNX tells integers from floats, which JavaScript does not. */
export type OnnxAttribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly ints: readonly number[] };

export interface OnnxNode {
  readonly op: string;
  /** Shown by tools, without meaning otherwise. */
  readonly name?: string;
  /** An absent optional input is the empty string. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
  /** Default: the operators of ONNX itself. */
  readonly domain?: '' | 'com.microsoft';
}

/** A tensor in a file beside the model. */
export interface ExternalData {
  /** Path relative to the folder that the session is given, with forward slashes. */
  readonly location: string;
  readonly offset: number;
  readonly byteLength: number;
}

/** An extent, or the name of one that is known when the model runs. */
export type OnnxExtent = number | string;

/** A run of bytes of an encoded model, or the place where those of a streamed initializer belong. */
export type OnnxPart = Uint8Array | { readonly initializer: string; readonly byteLength: number };

export interface OnnxBuilderOptions {
  /** Version of the operators. Default 18. */
  readonly opset?: number;
  /**
   * Nodes are listed from the last to the first. onnxruntime takes no order from the list, but walks back from the
   * nodes at the ends, those that stand last first, and from each to the inputs that stand last first: so this makes it
   * run them in the order in which they were added, as far as it needs them. Default false.
   */
  readonly lastFirst?: boolean;
}

/** Collects the parts of an ONNX model and encodes them. */
export class OnnxModelBuilder {
  readonly #nodes: onnxProto.onnx.INodeProto[] = [];
  readonly #initializers: onnxProto.onnx.ITensorProto[] = [];
  readonly #streamed: { readonly tensor: onnxProto.onnx.ITensorProto; readonly byteLength: number }[] = [];
  readonly #inputs: onnxProto.onnx.IValueInfoProto[] = [];
  readonly #outputs: onnxProto.onnx.IValueInfoProto[] = [];
  readonly #opset: number;
  readonly #lastFirst: boolean;

  constructor({ opset = 18, lastFirst = false }: OnnxBuilderOptions = {}) {
    this.#opset = opset;
    this.#lastFirst = lastFirst;
  }

  input(name: string, type: ElementType, shape: readonly OnnxExtent[]): void {
    this.#inputs.push(valueInfo(name, type, shape));
  }

  output(name: string, type: ElementType, shape: readonly OnnxExtent[]): void {
    this.#outputs.push(valueInfo(name, type, shape));
  }

  node({ op, name = '', inputs, outputs, attributes = {}, domain = '' }: OnnxNode): void {
    this.#nodes.push({
      opType: op,
      name,
      input: [...inputs],
      output: [...outputs],
      domain,
      attribute: Object.entries(attributes).map(([key, value]) => attribute(key, value)),
    });
  }

  /** A tensor whose bytes are part of the model, little-endian. */
  initializer(name: string, type: ElementType, shape: Shape, rawData: Uint8Array): void {
    this.#initializers.push({ ...tensorHead(name, type, shape), rawData });
  }

  /** A tensor whose bytes stay where they are; the session maps them into memory. */
  externalInitializer(name: string, type: ElementType, shape: Shape, data: ExternalData): void {
    this.#initializers.push({
      ...tensorHead(name, type, shape),
      dataLocation: TensorProto.DataLocation.EXTERNAL,
      externalData: [
        { key: 'location', value: data.location },
        { key: 'offset', value: String(data.offset) },
        { key: 'length', value: String(data.byteLength) },
      ],
    });
  }

  /** A tensor whose bytes are part of the model and are written by whoever writes the {@link parts}. */
  streamedInitializer(name: string, type: ElementType, shape: Shape, byteLength: number): void {
    this.#streamed.push({ tensor: tensorHead(name, type, shape), byteLength });
  }

  /** The model in one array. It may have no streamed initializers. */
  encode(): Uint8Array {
    if (this.#streamed.length > 0)
      throw new Error('a model with streamed initializers is written by its parts');
    return ModelProto.encode({ ...this.#head(), graph: this.#graph() }).finish();
  }

  /** The model as what is to be written one after the other. */
  parts(): OnnxPart[] {
    const tensors = this.#streamed.map(({ tensor, byteLength }) => {
      const head = TensorProto.encode(tensor).finish();
      const raw = lengthPrefix(RAW_DATA, byteLength);
      const prefix = lengthPrefix(INITIALIZER, head.length + raw.length + byteLength);
      return { bytes: [prefix, head, raw], initializer: tensor.name!, byteLength };
    });
    const graph = GraphProto.encode(this.#graph()).finish();
    const total = tensors.reduce(
      (sum, { bytes, byteLength }) => sum + bytes.reduce((n, part) => n + part.length, byteLength),
      graph.length,
    );
    return [
      ModelProto.encode(this.#head()).finish(),
      lengthPrefix(GRAPH, total),
      graph,
      ...tensors.flatMap(({ bytes, initializer, byteLength }) => [...bytes, { initializer, byteLength }]),
    ];
  }

  #head(): onnxProto.onnx.IModelProto {
    const extended = this.#nodes.some(({ domain }) => domain === 'com.microsoft');
    return {
      irVersion: this.#opset > 20 ? 10 : 8,
      producerName: 'secateur',
      opsetImport: [
        { domain: '', version: this.#opset },
        ...(extended ? [{ domain: 'com.microsoft', version: 1 }] : []),
      ],
    };
  }

  #graph(): onnxProto.onnx.IGraphProto {
    return {
      name: 'secateur',
      node: this.#lastFirst ? this.#nodes.toReversed() : this.#nodes,
      initializer: this.#initializers,
      input: this.#inputs,
      output: this.#outputs,
    };
  }
}

/** Numbers of fields in the protobuf of ONNX: ModelProto.graph, GraphProto.initializer, TensorProto.raw_data. */
const GRAPH = 7;
const INITIALIZER = 5;
const RAW_DATA = 9;

/** Tag and length of a field that holds that many bytes. */
const lengthPrefix = (field: number, byteLength: number): Uint8Array =>
  protobuf.Writer.create()
    .uint32((field << 3) | 2)
    .uint32(byteLength)
    .finish();

const tensorHead = (name: string, type: ElementType, shape: Shape): onnxProto.onnx.ITensorProto => ({
  name,
  dataType: elementTypes[type],
  dims: [...shape],
});

const valueInfo = (
  name: string,
  type: ElementType,
  shape: readonly OnnxExtent[],
): onnxProto.onnx.IValueInfoProto => ({
  name,
  type: {
    tensorType: {
      elemType: elementTypes[type],
      shape: {
        dim: shape.map(extent => (typeof extent === 'string' ? { dimParam: extent } : { dimValue: extent })),
      },
    },
  },
});

const attribute = (name: string, value: OnnxAttribute): onnxProto.onnx.IAttributeProto => {
  if ('int' in value) return { name, type: AttributeProto.AttributeType.INT, i: value.int };
  if ('float' in value) return { name, type: AttributeProto.AttributeType.FLOAT, f: value.float };
  return { name, type: AttributeProto.AttributeType.INTS, ints: [...value.ints] };
};
