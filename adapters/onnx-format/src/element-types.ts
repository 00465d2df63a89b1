import type { OnnxDType } from '@secateur/core';
import type { StoredDType } from '@secateur/core/graph';
import onnxProto from 'onnx-proto';

const { DataType } = onnxProto.onnx.TensorProto;

/** Element types of ONNX, by the numbers of its protobuf. */
export const elementTypes = {
  float: DataType.FLOAT,
  double: DataType.DOUBLE,
  float16: DataType.FLOAT16,
  bfloat16: DataType.BFLOAT16,
  int64: DataType.INT64,
  int32: DataType.INT32,
  bool: DataType.BOOL,
  int8: DataType.INT8,
  uint8: DataType.UINT8,
} as const satisfies Record<Exclude<OnnxDType, 'other'>, number>;

export type ElementType = keyof typeof elementTypes;

const names = new Map<number, ElementType>(
  Object.entries(elementTypes).map(([name, number]) => [number, name as ElementType]),
);

/** The type of that number; `other` for those that no decoder needs. */
export const elementTypeOf = (number: number | null | undefined): OnnxDType =>
  names.get(number ?? 0) ?? 'other';

/** Bytes of one element. */
export const widthOf: Readonly<Record<ElementType, number>> = {
  float: 4,
  double: 8,
  float16: 2,
  bfloat16: 2,
  int64: 8,
  int32: 4,
  bool: 1,
  int8: 1,
  uint8: 1,
};

/** Element types of a checkpoint as ONNX names them. */
export const storedTypes = {
  F64: 'double',
  F32: 'float',
  F16: 'float16',
  BF16: 'bfloat16',
} as const satisfies Record<StoredDType, ElementType>;
