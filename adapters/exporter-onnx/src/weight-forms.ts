import { encodeBFloat16, encodeFloat16 } from '@secateur/adapter-checkpoint-hf';
import { type ElementType, widthOf } from '@secateur/adapter-onnx-format';
import type { ExportDType } from '@secateur/core';
import { type Parameter, type Shape, sizeOf } from '@secateur/core/graph';
import type { Emitter } from './emitter.js';
import { BLOCK, quantise } from './q8.js';

/** A tensor of the file, made of the float32 elements of a weight. */
export interface StoredTensor {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: Shape;
  readonly byteLength: number;
  /** The weight it is made of. */
  readonly parameter: Parameter;
  /** Absent: the elements as they are. */
  readonly encode?: (elements: Float32Array) => Uint8Array;
}

/** How a weight is stored and brought back to float32 where it is used. */
export interface WeightForm {
  readonly tensors: readonly StoredTensor[];
  /** Writes what makes the whole weight; returns its name. */
  whole(e: Emitter): string;
  /** Writes what makes the rows of these ids. */
  rows(e: Emitter, ids: string, output: string): void;
}

/** The form of a weight. Vectors (norms and biases) are float32 always: they are small and decide much. */
export const formOf = (parameter: Parameter, dtype: ExportDType): WeightForm => {
  if (dtype === 'f32' || parameter.shape.length < 2) return asFloat(parameter);
  if (dtype === 'f16') return asHalf(parameter, 'float16', encodeFloat16);
  if (dtype === 'bf16') return asHalf(parameter, 'bfloat16', encodeBFloat16);
  return parameter.shape.length === 2 && parameter.shape[1]! % BLOCK === 0
    ? asBlocks(parameter)
    : asFloat(parameter);
};

const stored = (
  parameter: Parameter,
  name: string,
  type: ElementType,
  shape: Shape,
  encode?: StoredTensor['encode'],
): StoredTensor => ({
  name,
  type,
  shape,
  byteLength: sizeOf(shape) * widthOf[type],
  parameter,
  ...(encode ? { encode } : {}),
});

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

const gather = (e: Emitter, table: string, ids: string, outputs?: readonly string[]): string =>
  e.node('Gather', [table, ids], { attributes: { axis: { int: 0 } }, ...(outputs ? { outputs } : {}) });

const asFloat = (parameter: Parameter): WeightForm => {
  const { name, shape } = parameter;
  return {
    tensors: [stored(parameter, name, 'float', shape)],
    whole: () => name,
    rows: (e, ids, output) => void gather(e, name, ids, [output]),
  };
};

const asHalf = (
  parameter: Parameter,
  type: ElementType,
  encode: (elements: Float32Array) => Uint16Array,
): WeightForm => {
  const { name, shape } = parameter;
  return {
    tensors: [stored(parameter, name, type, shape, elements => bytesOf(encode(elements)))],
    whole: e => e.once(`whole(${name})`, () => e.cast(name, 'float')),
    rows: (e, ids, output) => void e.cast(gather(e, name, ids), 'float', [output]),
  };
};

const asBlocks = (parameter: Parameter): WeightForm => {
  const { name, shape } = parameter;
  const [rows, width] = shape as [number, number];
  const scales = `${name}_scale`;
  const made = new WeakMap<Float32Array, ReturnType<typeof quantise>>();
  const quantised = (elements: Float32Array): ReturnType<typeof quantise> => {
    const known = made.get(elements) ?? quantise(elements);
    made.set(elements, known);
    return known;
  };
  const dequantise = (
    e: Emitter,
    x: string,
    scale: string,
    axis: number,
    outputs?: readonly string[],
  ): string =>
    e.node('DequantizeLinear', [x, e.cast(scale, 'float')], {
      attributes: { axis: { int: axis }, block_size: { int: BLOCK } },
      ...(outputs ? { outputs } : {}),
    });
  return {
    tensors: [
      stored(parameter, name, 'int8', shape, elements => bytesOf(quantised(elements).levels)),
      stored(parameter, scales, 'float16', [rows, width / BLOCK], elements =>
        bytesOf(quantised(elements).scales),
      ),
    ],
    whole: e => e.once(`whole(${name})`, () => dequantise(e, name, scales, 1)),
    rows: (e, ids, output) => void dequantise(e, gather(e, name, ids), gather(e, scales, ids), 2, [output]),
  };
};
