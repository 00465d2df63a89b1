import { type FileHandle, mkdir, open, rename, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';

/** A file that is being written under a temporary name. */
export interface StagedFile {
  /** Appends bytes. */
  write(bytes: Uint8Array): Promise<void>;
}

/** Files of one folder that appear together, once all of them are complete and on disk. */
export interface Staging {
  /** Writes a file of that name and syncs it; it keeps a temporary name until all are written. */
  write(name: string, work: (file: StagedFile) => Promise<void>): Promise<void>;
}

/** One write call may not take 2 GiB or more. */
const LARGEST_WRITE = 2 ** 30;

/**
 * Runs `work`, then renames what it wrote, in that order: what marks the folder as complete is to be written last.
 * When it throws, its files and the folders made for them are gone again. Missing folders are made.
 */
export const stageFiles = async (
  folder: string,
  work: (staging: Staging) => Promise<void>,
): Promise<void> => {
  const created = await mkdir(folder, { recursive: true });
  const staged = new Map<string, string>();
  const staging: Staging = {
    async write(name, body) {
      const temporary = path.join(folder, `.${name}.${process.pid}.tmp`);
      staged.set(temporary, path.join(folder, name));
      await writeSynced(temporary, body);
    },
  };
  try {
    await work(staging);
    for (const [temporary, target] of staged) await rename(temporary, target);
    await syncFolder(folder);
  } catch (error) {
    for (const temporary of staged.keys()) await rm(temporary, { force: true });
    if (created !== undefined) await removeEmpty(folder, created);
    throw error;
  }
};

const writeSynced = async (file: string, body: (file: StagedFile) => Promise<void>): Promise<void> => {
  const handle = await open(file, 'w');
  try {
    await body({ write: bytes => writeFully(handle, bytes) });
    await handle.sync();
  } finally {
    await handle.close();
  }
};

const writeFully = async (handle: FileHandle, bytes: Uint8Array): Promise<void> => {
  let done = 0;
  while (done < bytes.byteLength) {
    const { bytesWritten } = await handle.write(
      bytes,
      done,
      Math.min(bytes.byteLength - done, LARGEST_WRITE),
    );
    done += bytesWritten;
  }
};

/** Makes the renames last through a power cut. Windows cannot sync a folder and does not need it. */
const syncFolder = async (folder: string): Promise<void> => {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** Removes `folder` and its parents up to `top`, as far as they are empty. */
const removeEmpty = async (folder: string, top: string): Promise<void> => {
  const last = path.dirname(path.resolve(top));
  for (let at = path.resolve(folder); at !== last; at = path.dirname(at)) {
    try {
      await rmdir(at);
    } catch {
      return;
    }
  }
};
