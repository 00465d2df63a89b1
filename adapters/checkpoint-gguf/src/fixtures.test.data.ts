import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRng } from '@secateur/core';
import { temporaryFolder, testIf } from '@secateur/core/testing';
import test, { type ExecutionContext } from 'ava';
import { type GgufValueType, paddingAt, valueTypes } from './format/container.js';
import { type GgmlType, ggmlBytes, ggmlTypes } from './format/ggml-types.js';

/** A file of the development data, which lies beside the repository and is not part of it. */
export const sharedData = (name: string): string =>
  fileURLToPath(new URL(`../../../../shared/data/${name}`, import.meta.url));

/** `test`, or a test that is skipped and says why, where that development data is absent. */
export const testWith = (name: string) =>
  testIf<ExecutionContext>(test, existsSync(sharedData(name)), `${name} is absent`);

/** A typed value as it stands in a file; an array names the type of its values first. */
export type Typed = readonly [type: GgufValueType, value: unknown, of?: GgufValueType];

export interface TensorToWrite {
  /** As the file has it: the contiguous axis first. */
  readonly extents: readonly number[];
  readonly type?: GgmlType;
  /** Default: small random numbers, for F32; random bytes with small scales otherwise. */
  readonly bytes?: Uint8Array;
}

export interface FileToWrite {
  readonly version?: number;
  readonly metadata?: Readonly<Record<string, Typed>>;
  readonly tensors?: Readonly<Record<string, TensorToWrite>>;
  readonly alignment?: number;
}

const number = (bytes: 1 | 2 | 4 | 8, write: (view: DataView) => void): Buffer => {
  const buffer = Buffer.alloc(bytes);
  write(new DataView(buffer.buffer, buffer.byteOffset, bytes));
  return buffer;
};
export const u32 = (value: number): Buffer => number(4, view => view.setUint32(0, value, true));
export const u64 = (value: number | bigint): Buffer =>
  number(8, view => view.setBigUint64(0, BigInt(value), true));
export const text = (value: string | Uint8Array): Buffer =>
  Buffer.concat([u64(Buffer.from(value as string).length), Buffer.from(value as string)]);

/** The bytes of a value, without its type. */
const valueBytes = ([type, value, of]: Typed): Buffer => {
  switch (type) {
    case 'string':
      return text(value as string);
    case 'array': {
      const values = value as readonly unknown[];
      const parts = values.map(each => valueBytes(of === 'array' ? (each as Typed) : [of!, each]));
      return Buffer.concat([u32(valueTypes[of!]), u64(values.length), ...parts]);
    }
    case 'bool':
      return Buffer.of(Number(value));
    case 'u8':
    case 'i8':
      return Buffer.of(Number(value) & 255);
    case 'u16':
    case 'i16':
      return number(2, view => view.setInt16(0, Number(value), true));
    case 'f32':
      return number(4, view => view.setFloat32(0, Number(value), true));
    case 'f64':
      return number(8, view => view.setFloat64(0, Number(value), true));
    case 'u64':
    case 'i64':
      return number(8, view => view.setBigInt64(0, BigInt.asIntN(64, BigInt(value as number)), true));
    default:
      return number(4, view => view.setInt32(0, Number(value), true));
  }
};

const elementsOf = ({ extents }: TensorToWrite): number => extents.reduce((a, b) => a * b, 1);

const dataOf = (name: string, tensor: TensorToWrite): Uint8Array => {
  if (tensor.bytes) return tensor.bytes;
  const rng = createRng(1).fork(name);
  const elements = elementsOf(tensor);
  const type = tensor.type ?? 'F32';
  if (type === 'F32')
    return new Uint8Array(Float32Array.from({ length: elements }, () => rng.normal() / 4).buffer);
  // Numbers below 0x30 in every byte make small binary16 and bfloat16 numbers, wherever a scale may lie.
  return Uint8Array.from({ length: ggmlBytes(type, elements) }, () => rng.integer(0x30));
};

/** A GGUF file. */
export const ggufBytes = (file: FileToWrite): Buffer => {
  const { version = 3, metadata = {}, tensors = {}, alignment = 32 } = file;
  const data: Uint8Array[] = [];
  let end = 0;
  const infos = Object.entries(tensors).map(([name, tensor]) => {
    const { extents, type = 'F32' } = tensor;
    const bytes = dataOf(name, tensor);
    const padding = new Uint8Array(paddingAt(end + bytes.length, alignment));
    const info = [text(name), u32(extents.length), ...extents.map(u64), u32(ggmlTypes[type].id), u64(end)];
    data.push(bytes, padding);
    end += bytes.length + padding.length;
    return Buffer.concat(info);
  });
  const entries = Object.entries(metadata).map(([key, value]) =>
    Buffer.concat([text(key), u32(valueTypes[value[0]]), valueBytes(value)]),
  );
  const header = Buffer.concat([
    Buffer.from('GGUF'),
    u32(version),
    u64(infos.length),
    u64(entries.length),
    ...entries,
    ...infos,
  ]);
  return Buffer.concat([header, Buffer.alloc(paddingAt(header.length, alignment)), ...data]);
};

/** Writes bytes and gives their path. */
export const writeBytes = async (t: ExecutionContext, bytes: Uint8Array, name = 'model.gguf') => {
  const file = path.join(await temporaryFolder(t), name);
  await writeFile(file, bytes);
  return file;
};
