import { stat } from 'node:fs/promises';
import path from 'node:path';
import { readElements, readOnnx } from '@secateur/adapter-onnx-format';
import {
  type Checkpoint,
  type CheckpointFormat,
  type OnnxModel,
  type OnnxTensor,
  SecateurError,
} from '@secateur/core';
import type { StoredDType, TensorRef } from '@secateur/core/graph';
import { companionsOf } from './companions.js';
import { hashOf } from './hash.js';
import { withNamedWeights } from './name-weights.js';
import { readWeight } from './read-weight.js';
import { tablesOf } from './tables.js';

/** Element types of ONNX that weights may have. */
const stored: Readonly<Record<string, StoredDType>> = {
  float: 'F32',
  double: 'F64',
  float16: 'F16',
  bfloat16: 'BF16',
};

/**
 * ONNX models as checkpoints: `config` is `{ architectures: ['ONNX'], onnx }` with an {@link OnnxModel}, and tensors are
 * the floating-point initializers. They can be traced and measured, not written.
 */
export const createOnnxFormat = (): CheckpointFormat => ({
  recognises: file =>
    stat(file).then(
      entry => entry.isFile() && file.endsWith('.onnx'),
      () => false,
    ),
  open: openOnnx,
  openAdapter: async folder => {
    throw new SecateurError('E_ADAPTER', `The adapter ${folder} cannot be put on an ONNX model.`, {
      hint: 'Adapters belong to model folders of Hugging Face.',
    });
  },
  read: readWeight,
  write: () => refuse(),
  writeAdapter: () => refuse(),
});

/** @throws SecateurError E_MODEL_NOT_FOUND, E_ONNX */
const openOnnx = async (given: string): Promise<Checkpoint> => {
  const file = path.resolve(given);
  if (!(await stat(file).catch(() => undefined)))
    throw new SecateurError('E_MODEL_NOT_FOUND', `The file ${file} does not exist.`, {
      hint: 'Check the path.',
    });
  const model = await readOnnx(file);
  const tables = tablesOf(model);
  const read = await Promise.all(
    model.initializers.map(tensor => (tables.has(tensor.name) ? withElements(tensor) : tensor)),
  );
  const onnx: OnnxModel = withNamedWeights({ ...model, initializers: read });
  const { initializers } = onnx;
  const companions = await companionsOf(path.dirname(file));
  return {
    folder: path.dirname(companions[0] ?? file),
    config: { architectures: ['ONNX'], onnx },
    tensors: new Map(initializers.flatMap(tensor => refOf(tensor))),
    companions,
    hash: () => hashOf(file, initializers),
  };
};

const withElements = async (tensor: OnnxTensor): Promise<OnnxTensor> =>
  tensor.data || !tensor.bytes || tensor.dtype === 'other'
    ? tensor
    : { ...tensor, data: await readElements(tensor.dtype, tensor.bytes) };

const refOf = ({ name, dtype, shape, bytes }: OnnxTensor): [string, TensorRef][] => {
  const type = stored[dtype];
  return type && bytes ? [[name, { ...bytes, dtype: type, shape }]] : [];
};

const refuse = async (): Promise<never> => {
  throw new SecateurError('E_EXPORT', 'An ONNX model can be traced and measured, but not written again.', {
    hint: 'Prune the Hugging Face folder that it was exported from, with --format onnx.',
  });
};
