import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { type Importer, SecateurError } from '@secateur/core';
import { convertGguf } from './convert-gguf.js';
import { GGUF_MAGIC } from './format/container.js';

/** To be counted up when a file is converted to something else than before: older folders are not found then. */
const LAYOUT = 2;

/** Makes model folders of GGUF files: `<cache>/gguf/<key>/<name of the file>`, once for each path, size and time of change. */
export const ggufImporter: Importer = {
  async recognises(model) {
    if (!path.isAbsolute(model)) return false;
    const status = await stat(model).catch(() => undefined);
    if (model.toLowerCase().endsWith('.gguf')) return !status?.isDirectory();
    return status?.isFile() === true && (await beginsWithMagic(model));
  },

  async folder(model, { cache, signal, onProgress }) {
    const home = path.join(cache, 'gguf', await keyOf(model));
    // The name of a folder is the name of its model, which exporters write into their files.
    const name = path.parse(model).name;
    const folder = path.join(home, name);
    if (await isComplete(folder)) return folder;
    await mkdir(path.dirname(home), { recursive: true });
    const unfinished = `${home}.${randomUUID()}.tmp`;
    try {
      await convertGguf(model, path.join(unfinished, name), {
        signal,
        onProgress: onProgress && ((done, total) => onProgress(done, total, 'tensors')),
      });
      await rename(unfinished, home);
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
    .update(JSON.stringify([LAYOUT, path.resolve(file), status.size, status.mtimeMs]))
    .digest('hex');
};
