import type { Shape } from '@secateur/core/graph';
import onnxProto from 'onnx-proto';

const { AttributeProto, ModelProto, TensorProto } = onnxProto.onnx;

/** Element types of ONNX, by the numbers of its protobuf. */
export const elementTypes = {
  float: TensorProto.DataType.FLOAT,
  int64: TensorProto.DataType.INT64,
  bool: TensorProto.DataType.BOOL,
  float16: TensorProto.DataType.FLOAT16,
  double: TensorProto.DataType.DOUBLE,
  bfloat16: TensorProto.DataType.BFLOAT16,
} as const;

export type ElementType = keyof typeof elementTypes;

/** ONNX tells integers from floats, which JavaScript does not. */
export type OnnxAttribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly ints: readonly number[] };

export interface OnnxNode {
  readonly op: string;
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

/** Collects the parts of an ONNX model (opset 18) and encodes them. */
export class OnnxModelBuilder {
  readonly #nodes: onnxProto.onnx.INodeProto[] = [];
  readonly #initializers: onnxProto.onnx.ITensorProto[] = [];
  readonly #inputs: onnxProto.onnx.IValueInfoProto[] = [];
  readonly #outputs: onnxProto.onnx.IValueInfoProto[] = [];

  input(name: string, type: ElementType, shape: Shape): void {
    this.#inputs.push(valueInfo(name, type, shape));
  }

  output(name: string, type: ElementType, shape: Shape): void {
    this.#outputs.push(valueInfo(name, type, shape));
  }

  node({ op, inputs, outputs, attributes = {}, domain = '' }: OnnxNode): void {
    this.#nodes.push({
      opType: op,
      input: [...inputs],
      output: [...outputs],
      domain,
      attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
    });
  }

  /** A tensor whose bytes are part of the model, little-endian. */
  initializer(name: string, type: ElementType, shape: Shape, rawData: Uint8Array): void {
    this.#initializers.push({ name, dataType: elementTypes[type], dims: [...shape], rawData });
  }

  /** A tensor whose bytes stay where they are; the session maps them into memory. */
  externalInitializer(name: string, type: ElementType, shape: Shape, data: ExternalData): void {
    this.#initializers.push({
      name,
      dataType: elementTypes[type],
      dims: [...shape],
      dataLocation: TensorProto.DataLocation.EXTERNAL,
      externalData: [
        { key: 'location', value: data.location },
        { key: 'offset', value: String(data.offset) },
        { key: 'length', value: String(data.byteLength) },
      ],
    });
  }

  encode(): Uint8Array {
    return ModelProto.encode({
      irVersion: 8,
      producerName: 'secateur',
      opsetImport: [
        { domain: '', version: 18 },
        { domain: 'com.microsoft', version: 1 },
      ],
      graph: {
        name: 'secateur',
        node: this.#nodes,
        initializer: this.#initializers,
        input: this.#inputs,
        output: this.#outputs,
      },
    }).finish();
  }
}

const valueInfo = (name: string, type: ElementType, shape: Shape): onnxProto.onnx.IValueInfoProto => ({
  name,
  type: {
    tensorType: { elemType: elementTypes[type], shape: { dim: shape.map(dimValue => ({ dimValue })) } },
  },
});

const attribute = (name: string, value: OnnxAttribute): onnxProto.onnx.IAttributeProto => {
  if ('int' in value) return { name, type: AttributeProto.AttributeType.INT, i: value.int };
  if ('float' in value) return { name, type: AttributeProto.AttributeType.FLOAT, f: value.float };
  return { name, type: AttributeProto.AttributeType.INTS, ints: [...value.ints] };
};
