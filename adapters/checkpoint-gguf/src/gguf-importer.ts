import { createHash } from 'node:crypto';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { type Importer, SecateurError } from '@secateur/core';
import { convertGguf } from './convert-gguf.js';
import { GGUF_MAGIC } from './format/container.js';

/** Makes model folders of GGUF files: `<cache>/gguf/<key>`, once for each path, size and time of change. */
export const ggufImporter: Importer = {
  async recognises(model) {
    if (!path.isAbsolute(model)) return false;
    const status = await stat(model).catch(() => undefined);
    if (model.toLowerCase().endsWith('.gguf')) return !status?.isDirectory();
    return status?.isFile() === true && (await beginsWithMagic(model));
  },

  async folder(model, { cache, signal, onProgress }) {
    const folder = path.join(cache, 'gguf', await keyOf(model));
    if (await isComplete(folder)) return folder;
    const unfinished = `${folder}.${process.pid}.tmp`;
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(path.dirname(folder), { recursive: true });
    try {
      await convertGguf(model, unfinished, {
        signal,
        onProgress: onProgress && ((done, total) => onProgress(done, total, 'tensors')),
      });
      await rename(unfinished, folder);
    } catch (error) {
      await rm(unfinished, { recursive: true, force: true });
      // Another process may have been first.
      if (!(await isComplete(folder))) throw error;
    }
    return folder;
  },
};

const isComplete = (folder: string): Promise<boolean> =>
  stat(path.join(folder, 'config.json')).then(
    entry => entry.isFile(),
    () => false,
  );

const beginsWithMagic = async (file: string): Promise<boolean> => {
  try {
    const handle = await open(file, 'r');
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
      return bytesRead === 4 && buffer.readUInt32LE() === GGUF_MAGIC;
    } finally {
      await handle.close();
    }
  } catch {
    return false;
  }
};

/** Hashing the bytes would take as long as converting them. */
const keyOf = async (file: string): Promise<string> => {
  const status = await stat(file).catch(cause => {
    throw new SecateurError('E_MODEL_NOT_FOUND', `The file ${file} cannot be opened.`, {
      cause,
      hint: 'Check the path, and that the file may be read.',
    });
  });
  return createHash('sha256')
    .update(JSON.stringify([path.resolve(file), status.size, status.mtimeMs]))
    .digest('hex');
};
