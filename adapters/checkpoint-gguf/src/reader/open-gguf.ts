import { readSync } from 'node:fs';
import { withFile } from '@secateur/adapter-checkpoint-hf';
import { fault } from '../fault.js';
import { DEFAULT_ALIGNMENT, GGUF_MAGIC, paddingAt } from '../format/container.js';
import { generalKeys } from '../format/metadata-keys.js';
import { ByteCursor, type ReadAt } from './byte-cursor.js';
import { describeValue, type GgufValue, LEAST_ENTRY, type Metadata, readMetadata } from './metadata.js';
import { type GgufTensor, LEAST_INFO, placeTensors, readTensorInfo } from './tensor-infos.js';

/** A GGUF file, opened and checked: its header is read, its tensors are not. */
export interface GgufFile {
  /** Path, as given. */
  readonly file: string;
  readonly version: 2 | 3;
  readonly metadata: Metadata;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
}

/** Far above every model there is. What describes a tensor or key takes several times its bytes in the file. */
const MOST_TENSORS = 2 ** 18;
const MOST_ENTRIES = 2 ** 16;

/**
 * Opens a GGUF file of version 2 or 3.
 * @throws SecateurError E_MODEL_NOT_FOUND, E_GGUF
 */
export const openGguf = (file: string): Promise<GgufFile> =>
  withFile(file, async handle => {
    const { size } = await handle.stat();
    return parseGguf(file, size, (buffer, position) => {
      let done = 0;
      while (done < buffer.length) {
        const read = readSync(handle.fd, buffer, done, buffer.length - done, position + done);
        if (read === 0) break;
        done += read;
      }
      return done;
    });
  });

/**
 * The same for any source of `size` bytes.
 * @param file names it in errors
 */
export const parseGguf = (file: string, size: number, readAt: ReadAt): GgufFile => {
  const cursor = new ByteCursor(file, size, readAt);
  const version = readVersion(cursor);
  const tensorCount = atMost(MOST_TENSORS, cursor.count('tensors', LEAST_INFO), file, 'tensors');
  const entries = atMost(MOST_ENTRIES, cursor.count('keys', LEAST_ENTRY), file, 'keys');
  const metadata = readMetadata(cursor, entries);
  const alignment = alignmentOf(file, metadata);
  const infos = Array.from({ length: tensorCount }, () => readTensorInfo(cursor, alignment));
  const start = cursor.position + paddingAt(cursor.position, alignment);
  return { file, version, metadata, tensors: placeTensors(file, size, start, infos) };
};

const atMost = (most: number, count: number, file: string, what: string): number => {
  if (count <= most) return count;
  throw fault(file, `has ${count} ${what}, expected at most ${most}`);
};

const readVersion = (cursor: ByteCursor): 2 | 3 => {
  const { file, size } = cursor;
  if (size < 24) throw fault(file, `has ${size} bytes, expected a header of at least 24`);
  if (cursor.u32() !== GGUF_MAGIC)
    throw fault(file, 'does not begin with GGUF', 'Check that this is a model file of llama.cpp.');
  const version = cursor.u32();
  if (version === 2 || version === 3) return version;
  throw version !== 0 && version % 0x10000 === 0
    ? fault(file, 'is big-endian, expected little-endian', 'Take the little-endian file of the model.')
    : fault(
        file,
        `is of version ${version}, expected 2 or 3`,
        'Convert the model again with a current llama.cpp.',
      );
};

/** Whole and more than 0: a file may give it as any type of number. */
const isSize = (value: GgufValue): value is number => Number.isSafeInteger(value) && Number(value) > 0;

const alignmentOf = (file: string, metadata: Metadata): number => {
  const alignment = metadata.get(generalKeys.alignment) ?? DEFAULT_ALIGNMENT;
  if (isSize(alignment) && Number.isInteger(Math.log2(alignment)) && alignment <= 2 ** 20) return alignment;
  throw fault(file, `aligns its tensors to ${describeValue(alignment)}, expected a power of two`);
};
