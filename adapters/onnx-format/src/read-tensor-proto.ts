import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { OnnxBytes, OnnxDType, OnnxTensor } from '@secateur/core';
import { type Shape, sizeOf } from '@secateur/core/graph';
import onnxProto from 'onnx-proto';
import { elementTypeOf, widthOf } from './element-types.js';
import { decodeElements, readElements } from './elements.js';
import { fault } from './fault.js';
import type { WireFile } from './wire.js';

const { TensorProto } = onnxProto.onnx;

/** Fields of TensorProto that hold little-endian elements one after the other: float_data, raw_data, double_data. */
const BULK: readonly number[] = [4, 9, 10];

/** Integers and truth values up to this many are read as numbers: shapes, axes, masks. */
const MOST_INTEGERS = 2 ** 22;

/**
 * Reads the TensorProto between two places of a file. Elements that take more than a few bytes stay there.
 * @throws SecateurError E_ONNX
 */
export const readTensorProto = async (wire: WireFile, from: number, to: number): Promise<OnnxTensor> => {
  const small: Uint8Array[] = [];
  let bulk: OnnxBytes | undefined;
  for await (const field of wire.fields(from, to))
    if (BULK.includes(field.number) && field.wire === 2) {
      if (field.to > field.from)
        bulk = { file: wire.file, offset: field.from, byteLength: field.to - field.from };
    } else small.push(await wire.bytes(field.start, field.to));
  const proto = TensorProto.decode(Buffer.concat(small));
  const name = proto.name ?? '';
  const dtype = elementTypeOf(proto.dataType);
  const shape = shapeOf(wire.file, name, proto.dims ?? []);
  const bytes =
    proto.dataLocation === TensorProto.DataLocation.EXTERNAL
      ? await externalBytes(wire.file, name, proto, byteLengthOf(dtype, shape))
      : bulk;
  if (dtype === 'other') return { name, dtype, shape, ...(bytes ? { bytes } : {}) };
  if (!bytes) return { name, dtype, shape, data: countedElements(wire.file, name, proto, shape) };
  const expected = byteLengthOf(dtype, shape);
  if (bytes.byteLength !== expected)
    throw fault(
      wire.file,
      `has ${bytes.byteLength} bytes for the tensor "${name}", expected ${expected} for ${dtype} of shape [${shape}]`,
    );
  const isInteger = dtype === 'int64' || dtype === 'int32' || dtype === 'bool';
  const wanted = sizeOf(shape) <= (isInteger ? MOST_INTEGERS : 1) && dtype !== 'int8' && dtype !== 'uint8';
  return { name, dtype, shape, bytes, ...(wanted ? { data: await readElements(dtype, bytes) } : {}) };
};

/** Not finite where the type has no width here. */
const byteLengthOf = (dtype: OnnxDType, shape: Shape): number =>
  dtype === 'other' ? Number.NaN : sizeOf(shape) * widthOf[dtype];

const shapeOf = (file: string, name: string, dims: readonly (number | { toString(): string })[]): Shape => {
  const shape = dims.map(Number);
  if (
    shape.some(extent => !Number.isSafeInteger(extent) || extent < 0) ||
    !Number.isSafeInteger(sizeOf(shape))
  )
    throw fault(file, `has the shape [${shape}] for the tensor "${name}", expected extents from 0 on`);
  return shape;
};

/** Elements that the protobuf holds one by one, each as a number. */
const countedElements = (
  file: string,
  name: string,
  proto: onnxProto.onnx.ITensorProto,
  shape: Shape,
): Float64Array => {
  const dtype = elementTypeOf(proto.dataType);
  const lists = [proto.floatData, proto.doubleData, proto.int64Data, proto.int32Data];
  const list = lists.find(elements => elements && elements.length > 0) ?? [];
  if (list.length !== sizeOf(shape))
    throw fault(file, `has ${list.length} elements for the tensor "${name}" of shape [${shape}]`);
  const numbers = Float64Array.from(list as ArrayLike<number>, Number);
  return dtype === 'float16' || dtype === 'bfloat16'
    ? decodeElements(dtype, new Uint8Array(Uint16Array.from(numbers).buffer))
    : numbers;
};

/**
 * Where an external tensor lies. Its location may not leave the folder of the model.
 * @throws SecateurError E_ONNX
 */
const externalBytes = async (
  model: string,
  name: string,
  { externalData }: onnxProto.onnx.ITensorProto,
  expected: number,
): Promise<OnnxBytes> => {
  const entries = new Map((externalData ?? []).map(({ key, value }) => [key, value ?? '']));
  const location = entries.get('location') ?? '';
  const parts = location.split(/[\\/]/);
  if (location === '' || path.isAbsolute(location) || /^[a-z]:/i.test(location) || parts.includes('..'))
    throw fault(
      model,
      `keeps the tensor "${name}" in "${location}", expected a file in the folder of the model`,
      {
        hint: 'Models whose weights lie elsewhere are not opened: take a model from whom you trust.',
      },
    );
  const file = path.join(path.dirname(model), ...parts);
  const size = await stat(file).then(
    entry => (entry.isFile() ? entry.size : -1),
    () => -1,
  );
  if (size < 0)
    throw fault(model, `keeps the tensor "${name}" in ${location}, which is not there`, {
      hint: `Fetch ${location} too; it belongs beside ${path.basename(model)}.`,
    });
  const number = (key: string, otherwise: number): number => {
    const text = entries.get(key);
    return text === undefined || text === '' ? otherwise : Number(text);
  };
  const offset = number('offset', 0);
  const byteLength = number('length', Number.isNaN(expected) ? size - offset : expected);
  if (![offset, byteLength].every(x => Number.isSafeInteger(x) && x >= 0) || offset + byteLength > size)
    throw fault(
      model,
      `keeps the tensor "${name}" at byte ${offset} of ${location} with ${byteLength} bytes, but that file has ${size}`,
    );
  return { file, offset, byteLength };
};
