import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createRng } from '@secateur/core';
import { type Graph, type StoredDType, sizeOf, type TensorRef, withLoss } from '@secateur/core/graph';
import { type TinyDecoder, tinyDecoder, withLora } from '@secateur/core/testing';

/** Of numbers that the half types hold exactly and that are normal in them. */
const encode: Readonly<
  Record<StoredDType, (values: Float32Array) => Uint16Array | Float32Array | Float64Array>
> = {
  F64: values => Float64Array.from(values),
  F32: values => values,
  BF16: values => Uint16Array.from(new Uint32Array(values.buffer), bits => bits >>> 16),
  F16: values =>
    Uint16Array.from(values, x => {
      const exponent = x === 0 ? -15 : Math.floor(Math.log2(Math.abs(x)));
      const fraction = x === 0 ? 0 : (Math.abs(x) / 2 ** exponent - 1) * 1024;
      return (x < 0 ? 0x8000 : 0) | ((exponent + 15) << 10) | fraction;
    }),
};

/** A tiny decoder with LoRA and its loss whose base weights lie in a file of that type: multiples of 1/64. */
export const storedDecoder = async (...model: Parameters<typeof storedLogits>): Promise<Graph> =>
  withLoss(withLora(await storedLogits(...model)));

/** The decoder alone. */
export const storedLogits = async (
  folder: string,
  dtype: StoredDType,
  options: Partial<TinyDecoder> = {},
): Promise<Graph> => {
  const file = path.join(folder, `${dtype}.weights`);
  const refs = new Map<string, TensorRef>();
  const parts: Buffer[] = [];
  let offset = 0;
  for (const { name, shape } of tinyDecoder(options).parameters.values()) {
    const rng = createRng(3).fork(name);
    const mean = shape.length === 1 ? 64 : 0;
    const values = Float32Array.from({ length: sizeOf(shape) }, () => (mean + rng.integer(64) - 32) / 64);
    const { buffer, byteLength } = encode[dtype](values);
    refs.set(name, { file, offset, byteLength, dtype, shape });
    parts.push(Buffer.from(buffer as ArrayBuffer));
    offset += byteLength;
  }
  await writeFile(file, Buffer.concat(parts));
  return tinyDecoder(options, refs);
};

/** Names of what a LoRA step differentiates by. */
export const adaptersOf = (graph: Graph): string[] =>
  [...graph.parameters.values()].filter(({ role }) => role === 'adapter').map(({ name }) => name);
