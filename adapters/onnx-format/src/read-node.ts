import type { OnnxAttributeValue, OnnxNodeDescription, OnnxTensor } from '@secateur/core';
import onnxProto from 'onnx-proto';
import { fault } from './fault.js';
import { readTensorProto } from './read-tensor-proto.js';
import type { WireFile } from './wire.js';

const { AttributeProto, NodeProto, StringStringEntryProto } = onnxProto.onnx;
const { AttributeType } = AttributeProto;

/** Numbers of fields: NodeProto.attribute, NodeProto.metadata_props, AttributeProto.t. */
const ATTRIBUTE = 5;
const METADATA = 9;
const TENSOR = 5;

/**
 * Reads the NodeProto between two places of a file. A Constant is a tensor with the name of its output.
 * @throws SecateurError E_ONNX
 */
export const readNode = async (
  wire: WireFile,
  from: number,
  to: number,
): Promise<{ readonly node: OnnxNodeDescription } | { readonly constant: OnnxTensor }> => {
  const small: Uint8Array[] = [];
  const tensors = new Map<string, OnnxTensor>();
  let scope = '';
  for await (const field of wire.fields(from, to)) {
    if (field.number === METADATA)
      scope ||= scopeOf(StringStringEntryProto.decode(await wire.bytes(field.from, field.to)));
    else if (field.number !== ATTRIBUTE) small.push(await wire.bytes(field.start, field.to));
    else {
      const { head, tensor } = await readAttribute(wire, field.from, field.to);
      if (tensor) tensors.set(head.name ?? '', tensor);
      small.push(NodeProto.encode({ attribute: [head] }).finish());
    }
  }
  const proto = NodeProto.decode(Buffer.concat(small));
  const op = proto.opType ?? '';
  const attributes: Record<string, OnnxAttributeValue> = {};
  for (const attribute of proto.attribute ?? []) {
    const value = attributeValue(attribute, tensors.get(attribute.name ?? ''));
    if (value) attributes[attribute.name ?? ''] = value;
  }
  const node: OnnxNodeDescription = {
    name: proto.name ?? '',
    op,
    scope: scope || folders(proto.name ?? ''),
    domain: proto.domain === 'ai.onnx' ? '' : (proto.domain ?? ''),
    inputs: proto.input ?? [],
    outputs: proto.output ?? [],
    attributes,
  };
  if (op !== 'Constant' || node.domain !== '') return { node };
  const constant = constantOf(attributes);
  if (!constant) throw fault(wire.file, `has a Constant "${node.name}" without a value that can be read`);
  return { constant: { ...constant, name: node.outputs[0] ?? '' } };
};

/** PyTorch notes the modules around a node as a list of quoted paths, and last the name of the node. */
const scopeOf = ({ key, value }: onnxProto.onnx.IStringStringEntryProto): string =>
  key === 'pkg.torch.onnx.name_scopes' ? ([...(value ?? '').matchAll(/'([^']*)'/g)].at(-2)?.[1] ?? '') : '';

/** Others write it into the name: `/model/layers.3/mlp/up_proj/MatMul`. */
const folders = (name: string): string =>
  name.startsWith('/') ? name.split('/').slice(1, -1).join('.') : '';

/** The attribute without its tensor, and the tensor, whose elements stay in the file. */
const readAttribute = async (wire: WireFile, from: number, to: number) => {
  const small: Uint8Array[] = [];
  let tensor: OnnxTensor | undefined;
  for await (const field of wire.fields(from, to))
    if (field.number === TENSOR && field.wire === 2)
      tensor = await readTensorProto(wire, field.from, field.to);
    else small.push(await wire.bytes(field.start, field.to));
  return { head: AttributeProto.decode(Buffer.concat(small)), tensor };
};

const attributeValue = (
  { type, i, f, s, ints, floats, strings }: onnxProto.onnx.IAttributeProto,
  tensor: OnnxTensor | undefined,
): OnnxAttributeValue | undefined => {
  if (tensor) return { tensor };
  const text = (bytes: Uint8Array | null | undefined): string => new TextDecoder().decode(bytes ?? undefined);
  switch (type) {
    case AttributeType.INT:
      return { int: Number(i) };
    case AttributeType.FLOAT:
      return { float: f ?? 0 };
    case AttributeType.STRING:
      return { string: text(s) };
    case AttributeType.INTS:
      return { ints: (ints ?? []).map(Number) };
    case AttributeType.FLOATS:
      return { floats: floats ?? [] };
    case AttributeType.STRINGS:
      return { strings: (strings ?? []).map(text) };
    case AttributeType.GRAPH:
    case AttributeType.GRAPHS:
      return { graph: true };
    default:
      return undefined;
  }
};

/** The tensor that a Constant gives. */
const constantOf = (attributes: OnnxNodeDescription['attributes']): OnnxTensor | undefined => {
  const [first] = Object.values(attributes);
  if (!first) return undefined;
  if ('tensor' in first) return first.tensor;
  const of = (dtype: 'int64' | 'float', values: readonly number[], shape: readonly number[]): OnnxTensor => ({
    name: '',
    dtype,
    shape,
    data: Float64Array.from(values),
  });
  if ('int' in first) return of('int64', [first.int], []);
  if ('float' in first) return of('float', [first.float], []);
  if ('ints' in first) return of('int64', first.ints, [first.ints.length]);
  return 'floats' in first ? of('float', first.floats, [first.floats.length]) : undefined;
};
