import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { OnnxModelBuilder } from './model-builder.js';

export const bytesOf = (elements: Float32Array | BigInt64Array | Uint8Array): Uint8Array =>
  new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength);

/** y = x w, with x [batch, 2] and w [2, 2]. */
export const smallModel = (weight: (model: OnnxModelBuilder) => void): OnnxModelBuilder => {
  const model = new OnnxModelBuilder();
  model.input('x', 'float', ['batch', 2]);
  model.output('y', 'float', ['batch', 2]);
  model.node({ op: 'MatMul', name: '/product', inputs: ['x', 'w'], outputs: ['y'] });
  weight(model);
  return model;
};

export const weights = Float32Array.of(1, 2, 3, 4);

/** Writes a file and returns its path. */
export const write = async (folder: string, bytes: Uint8Array, name = 'model.onnx'): Promise<string> => {
  const file = path.join(folder, name);
  await writeFile(file, bytes);
  return file;
};
