import type { Stats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { SecateurError } from '@secateur/core';

/**
 * Opens a file to read, hands it to `work` and closes it again.
 * @throws SecateurError E_MODEL_NOT_FOUND when it cannot be opened, or is no file: opening a pipe would wait for ever
 */
export const withFile = async <T>(file: string, work: (handle: FileHandle) => Promise<T>): Promise<T> => {
  const handle = await openFile(file);
  try {
    return await work(handle);
  } finally {
    await handle.close();
  }
};

const openFile = async (file: string): Promise<FileHandle> => {
  let status: Stats;
  try {
    status = await stat(file);
    if (status.isFile()) return await open(file, 'r');
  } catch (cause) {
    throw new SecateurError('E_MODEL_NOT_FOUND', `The file ${file} cannot be opened.`, {
      cause,
      hint: 'Check the path, and that the file may be read.',
    });
  }
  throw new SecateurError(
    'E_MODEL_NOT_FOUND',
    `${file} is ${status.isDirectory() ? 'a folder' : 'no regular file'}, expected a file.`,
    { hint: 'Check the path.' },
  );
};
