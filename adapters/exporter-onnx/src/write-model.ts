import path from 'node:path';
import { readFully, type StagedFile, stageFiles, withFile } from '@secateur/adapter-checkpoint-hf';
import { type CheckpointFormat, type ExportOptions, SecateurError } from '@secateur/core';
import type { TensorRef } from '@secateur/core/graph';
import type { LoweredModel } from './lower-graph.js';
import type { StoredTensor } from './weight-forms.js';

/** Bytes copied at a time. */
const WINDOW = 8 * 2 ** 20;
/** Where external tensors begin, so that they can be mapped into memory. */
const ALIGNMENT = 4096;

interface WriteOptions extends Pick<ExportOptions, 'signal' | 'onProgress'> {
  readonly format: CheckpointFormat;
  /** Where tables and tensors are of more bytes than this in all, the tensors lie in a file beside the model. */
  readonly maxInlineBytes: number;
}

/**
 * Writes the model and its tensors, one tensor at a time. Returns the paths of the files, the model first.
 * A protobuf ends at 2 GiB: beyond that the tensors lie in `<file>_data`, as transformers.js names it.
 */
export const writeModel = async (
  file: string,
  { model, tensors, tableBytes }: LoweredModel,
  { format, maxInlineBytes, signal, onProgress }: WriteOptions,
): Promise<readonly string[]> => {
  const total = tensors.reduce((sum, { byteLength }) => sum + byteLength, 0);
  let done = 0;
  const read = keepingLast(format);
  const byName = new Map(tensors.map(tensor => [tensor.name, tensor]));
  const write = async (tensor: StoredTensor, to: StagedFile): Promise<void> => {
    signal?.throwIfAborted();
    await writeTensor(tensor, to, read);
    done += tensor.byteLength;
    onProgress?.(done, total);
  };
  const isExternal = total + tableBytes > maxInlineBytes;
  const data = `${path.basename(file)}_data`;
  await stageFiles(path.dirname(file), async staging => {
    if (isExternal)
      await staging.write(data, async to => {
        let offset = 0;
        for (const tensor of tensors) {
          const padding = (ALIGNMENT - (offset % ALIGNMENT)) % ALIGNMENT;
          if (padding > 0) await to.write(new Uint8Array(padding));
          offset += padding;
          const { name, type, shape, byteLength } = tensor;
          model.externalInitializer(name, type, shape, { location: data, offset, byteLength });
          await write(tensor, to);
          offset += byteLength;
        }
      });
    else
      for (const { name, type, shape, byteLength } of tensors)
        model.streamedInitializer(name, type, shape, byteLength);
    await staging.write(path.basename(file), async to => {
      for (const part of model.parts())
        if (part instanceof Uint8Array) await to.write(part);
        else await write(byName.get(part.initializer)!, to);
    });
  });
  return [file, ...(isExternal ? [path.join(path.dirname(file), data)] : [])];
};

/** A weight that is stored as two tensors is read once. */
const keepingLast = (format: CheckpointFormat): CheckpointFormat['read'] => {
  let last: { readonly ref: TensorRef; readonly elements: Float32Array } | undefined;
  return async ref => {
    if (last?.ref !== ref) last = { ref, elements: await format.read(ref) };
    return last.elements;
  };
};

const writeTensor = async (
  { parameter, encode, byteLength, name }: StoredTensor,
  to: StagedFile,
  read: CheckpointFormat['read'],
): Promise<void> => {
  const ref = parameter.ref!;
  if (!encode && ref.dtype === 'F32') return copyBytes(ref, to);
  const elements = await read(ref);
  const bytes = encode
    ? encode(elements)
    : new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength);
  if (bytes.byteLength !== byteLength)
    throw new Error(`${name}: ${bytes.byteLength} bytes were made, ${byteLength} were announced`);
  await to.write(bytes);
};

const copyBytes = ({ file, offset, byteLength }: TensorRef, to: StagedFile): Promise<void> =>
  withFile(file, async handle => {
    for (let done = 0; done < byteLength; done += WINDOW) {
      const window = new Uint8Array(Math.min(WINDOW, byteLength - done));
      if ((await readFully(handle, window, offset + done)) < window.length)
        throw new SecateurError('E_SAFETENSORS', `${file} ends inside a tensor.`, {
          hint: 'Fetch the model again.',
        });
      await to.write(window);
    }
  });
