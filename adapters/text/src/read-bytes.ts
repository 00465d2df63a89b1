import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { SecateurError } from '@secateur/core';
import { LARGEST_TEXT, textFault } from './decode-text.js';

/** Content of a data file. */
export interface FileBytes {
  readonly bytes: Buffer;
  /** sha256 (hex) of the file as it lies there. */
  readonly hash: string;
  /** The name without the `.gz` that was unpacked: its end tells the format. */
  readonly name: string;
}

/**
 * All bytes of a file, unpacked where its name ends in `.gz`.
 * @throws SecateurError E_TEXT_NOT_FOUND, E_TEXT_FORMAT
 */
export const readBytes = async (file: string): Promise<FileBytes> => {
  const stored = await readStored(file);
  const hash = createHash('sha256').update(stored).digest('hex');
  if (!/\.gz$/i.test(file)) return { bytes: stored, hash, name: file };
  return { bytes: await unpack(stored, file), hash, name: file.slice(0, -3) };
};

const readStored = async (file: string): Promise<Buffer> => {
  try {
    return await readFile(file);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ERR_FS_FILE_TOO_LARGE')
      throw textFault(file, 'is larger than 2 GiB', 'Split it into several sources.');
    const found = code === 'EISDIR' ? 'is a folder, expected a file' : 'does not exist or cannot be read';
    throw new SecateurError('E_TEXT_NOT_FOUND', `${file} ${found}.`, { cause, hint: 'Check the path.' });
  }
};

const inflate = promisify(gunzip);

const unpack = async (bytes: Buffer, file: string): Promise<Buffer> => {
  try {
    return await inflate(bytes, { maxOutputLength: LARGEST_TEXT });
  } catch (cause) {
    const large = (cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw textFault(
      file,
      large ? `unpacks to more than ${LARGEST_TEXT} bytes` : 'is not a whole gzip file',
      large ? 'Split it into several sources.' : 'Fetch it again, or unpack it and name the unpacked file.',
    );
  }
};
