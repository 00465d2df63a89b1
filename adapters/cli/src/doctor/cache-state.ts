import { readdir, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface CacheState {
  readonly folder: string;
  /** By what made them: `gguf`, `devices`. */
  readonly parts: Readonly<Record<string, { readonly files: number; readonly bytes: number }>>;
  /** Bytes that the disk of the folder can still take; null where the system does not tell. */
  readonly free: number | null;
}

/** What lies in the folder of caches. One that is not there is empty. */
export const cacheState = async (folder: string): Promise<CacheState> => {
  const names = await readdir(folder).catch(() => []);
  const parts = await Promise.all(names.map(async name => [name, await sizeOf(join(folder, name))] as const));
  return { folder, parts: Object.fromEntries(parts), free: await freeBytes(folder) };
};

const sizeOf = async (path: string): Promise<{ files: number; bytes: number }> => {
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => undefined);
  const files = entries
    ? entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name))
    : [path];
  // What another process takes away meanwhile has no size.
  const sizes = await Promise.all(
    files.map(file =>
      stat(file)
        .then(({ size }) => size)
        .catch(() => 0),
    ),
  );
  return { files: files.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
};

/** Of the nearest folder that exists. */
const freeBytes = async (folder: string): Promise<number | null> => {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    return dirname(folder) === folder ? null : freeBytes(dirname(folder));
  }
};
