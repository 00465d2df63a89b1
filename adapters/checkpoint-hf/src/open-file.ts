import { type FileHandle, open } from 'node:fs/promises';
import { SecateurError } from '@secateur/core';

/**
 * Opens a file to read, hands it to `work` and closes it again.
 * @throws SecateurError E_MODEL_NOT_FOUND when it cannot be opened
 */
export const withFile = async <T>(file: string, work: (handle: FileHandle) => Promise<T>): Promise<T> => {
  let handle: FileHandle;
  try {
    handle = await open(file, 'r');
  } catch (cause) {
    throw new SecateurError('E_MODEL_NOT_FOUND', `The file ${file} cannot be opened.`, { cause });
  }
  try {
    return await work(handle);
  } finally {
    await handle.close();
  }
};
