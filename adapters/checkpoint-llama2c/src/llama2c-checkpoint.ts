import { stat } from 'node:fs/promises';
import { readFully, withFile } from '@secateur/adapter-checkpoint-hf';
import { SecateurError } from '@secateur/core';
import { type Shape, sizeOf, type TensorRef } from '@secateur/core/graph';

/** The sizes in the header of a llama2.c checkpoint. */
export interface Llama2cSizes {
  readonly dim: number;
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly vocabulary: number;
  /** Longest sequence that the model was trained on. */
  readonly sequence: number;
  /** Whether the output layer is the embedding. */
  readonly tied: boolean;
}

/** A llama2.c checkpoint, opened and checked. A tensor has all layers in one: its first axis counts them. */
export interface Llama2cCheckpoint extends Llama2cSizes {
  readonly version: 0 | 1;
  readonly tensors: ReadonlyMap<Llama2cTensor, TensorRef>;
}

export type Llama2cTensor =
  | 'embedding'
  | 'attentionNorm'
  | 'wq'
  | 'wk'
  | 'wv'
  | 'wo'
  | 'mlpNorm'
  | 'gate'
  | 'down'
  | 'up'
  | 'finalNorm'
  | 'rope'
  | 'classifier';

/** Order of the tensors in each version; the legacy one also stores the RoPE tables, which follow from the sizes. */
const orders: Readonly<Record<0 | 1, readonly Llama2cTensor[]>> = {
  0: [
    'embedding',
    'attentionNorm',
    'wq',
    'wk',
    'wv',
    'wo',
    'mlpNorm',
    'gate',
    'down',
    'up',
    'finalNorm',
    'rope',
    'classifier',
  ],
  1: [
    'attentionNorm',
    'mlpNorm',
    'finalNorm',
    'embedding',
    'wq',
    'wk',
    'wv',
    'wo',
    'gate',
    'down',
    'up',
    'classifier',
  ],
};

const MAGIC = 0x616b3432;
const LEGACY_HEADER = 28;
const HEADER = 256;

/**
 * Opens a float32 checkpoint of llama2.c: the legacy form (version 0: seven int32, then the tensors) or version 1
 * (magic number, version, seven int32, a byte for tied embeddings, padding to 256 bytes, then the tensors).
 * @throws SecateurError E_MODEL_NOT_FOUND, E_LLAMA2C
 */
export const openLlama2c = async (file: string): Promise<Llama2cCheckpoint> => {
  const header = new Uint8Array(HEADER);
  const length = await withFile(file, handle => readFully(handle, header, 0));
  const { size } = await stat(file);
  const view = new DataView(header.buffer, 0, length);
  if (length < LEGACY_HEADER)
    throw fault(file, `has ${size} bytes, expected a header of at least ${LEGACY_HEADER}`);
  const version = versionOf(view, file);
  if (version === 1 && length < HEADER)
    throw fault(file, `has ${size} bytes, expected a header of ${HEADER}`);
  const sizes = readSizes(view, version);
  checkSizes(sizes, file);

  const tensors = new Map<Llama2cTensor, TensorRef>();
  let offset = version === 0 ? LEGACY_HEADER : HEADER;
  for (const name of orders[version]) {
    if (name === 'classifier' && sizes.tied) continue;
    const shape = shapeOf(name, sizes);
    const byteLength = sizeOf(shape) * 4;
    tensors.set(name, { file, offset, byteLength, dtype: 'F32', shape });
    offset += byteLength;
  }
  if (offset !== size) throw fault(file, `has ${size} bytes, but its header asks for ${offset}`);
  return { version, ...sizes, tensors };
};

const versionOf = (view: DataView, file: string): 0 | 1 => {
  if (view.getUint32(0, true) !== MAGIC) return 0;
  const version = view.getInt32(4, true);
  if (version === 1) return 1;
  throw version === 2
    ? fault(
        file,
        'is of version 2, which is quantised to int8, expected float32',
        'Export it with --version 1.',
      )
    : fault(file, `is of version ${version}, expected 0 or 1`);
};

/** The legacy form marks an output layer of its own by a negative vocabulary. */
const readSizes = (view: DataView, version: 0 | 1): Llama2cSizes => {
  const start = version === 0 ? 0 : 8;
  const [dim, hidden, layers, heads, kvHeads, vocabulary, sequence] = Array.from({ length: 7 }, (_, i) =>
    view.getInt32(start + 4 * i, true),
  ) as [number, number, number, number, number, number, number];
  const tied = version === 0 ? vocabulary > 0 : view.getUint8(start + LEGACY_HEADER) !== 0;
  return {
    dim,
    hidden,
    layers,
    heads,
    kvHeads,
    vocabulary: version === 0 ? Math.abs(vocabulary) : vocabulary,
    sequence,
    tied,
  };
};

const checkSizes = (sizes: Llama2cSizes, file: string): void => {
  for (const [name, value] of Object.entries(sizes))
    if (typeof value === 'number' && value <= 0)
      throw fault(file, `has the ${name} ${value} in its header, expected a positive number`, notLlama2c);
  const { dim, heads, kvHeads } = sizes;
  if (dim % heads !== 0 || (dim / heads) % 2 !== 0 || heads % kvHeads !== 0)
    throw fault(
      file,
      `has dim ${dim}, ${heads} heads and ${kvHeads} KV heads in its header, which do not divide each other`,
      notLlama2c,
    );
};

const notLlama2c = 'Check that this is a checkpoint of llama2.c: a PyTorch file of the same ending is not.';

const shapeOf = (name: Llama2cTensor, sizes: Llama2cSizes): Shape => {
  const { dim, hidden, layers, heads, kvHeads, vocabulary, sequence } = sizes;
  const headSize = dim / heads;
  switch (name) {
    case 'embedding':
    case 'classifier':
      return [vocabulary, dim];
    case 'attentionNorm':
    case 'mlpNorm':
      return [layers, dim];
    case 'wq':
    case 'wo':
      return [layers, dim, dim];
    case 'wk':
    case 'wv':
      return [layers, kvHeads * headSize, dim];
    case 'gate':
    case 'up':
      return [layers, hidden, dim];
    case 'down':
      return [layers, dim, hidden];
    case 'finalNorm':
      return [dim];
    case 'rope':
      return [2, sequence, headSize / 2];
  }
};

const fetchAgain =
  'Check that the checkpoint and its tokenizer.bin belong together, in this order, and fetch them again.';

/** An error about a llama2.c file; the sentence begins with its path. */
export const fault = (file: string, finding: string, hint = fetchAgain): SecateurError =>
  new SecateurError('E_LLAMA2C', `${file} ${finding}.`, { hint });
