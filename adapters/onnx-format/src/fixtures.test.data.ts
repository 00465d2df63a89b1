import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type ErrorCode, SecateurError } from '@secateur/core';
import type { ExecutionContext } from 'ava';
import { OnnxModelBuilder } from './model-builder.js';

/** An empty folder that goes away with the test. */
export const temporaryFolder = async (t: ExecutionContext): Promise<string> => {
  const folder = await mkdtemp(path.join(tmpdir(), 'secateur-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
};

/** Asserts that an error of that code is thrown whose message matches. */
export const throwsCode = async (
  t: ExecutionContext,
  work: () => unknown,
  code: ErrorCode,
  message: RegExp,
): Promise<void> => {
  const error = await t.throwsAsync<SecateurError>(async () => work(), {
    instanceOf: SecateurError,
    message,
  });
  t.is(error?.code, code);
};

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
