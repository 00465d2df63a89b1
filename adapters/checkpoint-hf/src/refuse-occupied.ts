import { readdir } from 'node:fs/promises';
import { SecateurError } from '@secateur/core';

/**
 * Refuses a folder that holds anything: writing a model replaces what lies there, and takes the shards of a former one
 * away.
 * @throws SecateurError E_OUTPUT_EXISTS
 */
export const refuseOccupied = async (folder: string): Promise<void> => {
  const hint = 'Give another folder.';
  const entries = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return [];
    const found = cause.code === 'ENOTDIR' ? 'a file is in its place' : cause.message;
    const sentence = `The output folder ${folder} cannot be made: ${found}.`;
    throw new SecateurError('E_OUTPUT_EXISTS', sentence, { hint, cause });
  });
  if (entries.length > 0)
    throw new SecateurError(
      'E_OUTPUT_EXISTS',
      `The output folder ${folder} is not empty: it holds ${entries.sort()[0]}${entries.length > 1 ? ` and ${entries.length - 1} more` : ''}.`,
      { hint },
    );
};
