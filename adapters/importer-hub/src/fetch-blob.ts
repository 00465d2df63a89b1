import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, rename } from 'node:fs/promises';
import path from 'node:path';
import { SecateurError } from '@secateur/core';
import { sizeOfFile } from './cache-layout.js';
import { type Patience, pause } from './patient-fetch.js';
import type { HubFile } from './repository.js';

/** Content from a byte on. */
export type ReadFrom = (start: number) => AsyncIterable<Uint8Array>;

export interface FetchOptions extends Patience {
  /** Bytes of the file that are there by now; may go back when they turn out to be wrong. */
  readonly onBytes: (done: number) => void;
}

/** Bytes of a partial file that are read at a time. */
const WINDOW = 2 ** 20;

/**
 * Fetches content to a file. It grows under the name `….incomplete`, where a later call goes on; at its end size and hash
 * are compared, then it is synced and renamed.
 * @throws SecateurError E_HUB when the content is wrong twice, or keeps breaking off
 */
export const fetchBlob = async (
  file: HubFile,
  target: string,
  read: ReadFrom,
  options: FetchOptions,
): Promise<void> => {
  const partial = `${target}.incomplete`;
  await mkdir(path.dirname(target), { recursive: true });
  // Not appended to: two processes that fetch the same then write the same bytes to the same places.
  const handle = await open(partial, constants.O_RDWR | constants.O_CREAT);
  try {
    const good = (await fill(handle, file, read, options)) || (await fill(handle, file, read, options));
    if (!good) throw broken(file, 'arrives with other content than the hub lists');
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(partial, target).catch(async (error: NodeJS.ErrnoException) => {
    // Another process that fetched the same was first.
    if (error.code !== 'ENOENT' || (await sizeOfFile(target)) !== file.size) throw error;
  });
};

/** @returns false, with an empty file, when size or hash is wrong */
const fill = async (
  handle: FileHandle,
  file: HubFile,
  read: ReadFrom,
  { delays, signal, onBytes }: FetchOptions,
): Promise<boolean> => {
  const hash = hashOf(file);
  let done = await hashStored(handle, hash, file.size, signal);
  let failures = 0;
  while (done < file.size) {
    const before = done;
    let failure: unknown = 'the connection ended';
    onBytes(done);
    try {
      for await (const chunk of read(done)) {
        signal?.throwIfAborted();
        done += chunk.length;
        if (done > file.size) break;
        await writeAt(handle, chunk, done - chunk.length);
        hash?.update(chunk);
        onBytes(done);
      }
    } catch (error) {
      signal?.throwIfAborted();
      if ((error as NodeJS.ErrnoException).syscall === 'write') throw error;
      failure = error;
    }
    if (done >= file.size) break;
    failures = done > before ? 0 : failures + 1;
    const delay = delays[failures];
    if (delay === undefined) throw broken(file, `breaks off at byte ${done} of ${file.size}`, failure);
    await pause(delay, signal);
  }
  const good = done === file.size && (hash === undefined || hash.digest('hex') === file.etag);
  if (!good) {
    await handle.truncate(0);
    onBytes(0);
  }
  return good;
};

/** Git names a small file by the sha1 of its size and content; a large one goes by the sha256 of its content. */
const hashOf = ({ hash, size }: HubFile): Hash | undefined =>
  hash === undefined
    ? undefined
    : hash === 'sha256'
      ? createHash('sha256')
      : createHash('sha1').update(`blob ${size}\0`);

/** Hashes what an earlier call left. @returns its length; a file that is too long is emptied */
const hashStored = async (
  handle: FileHandle,
  hash: Hash | undefined,
  size: number,
  signal: AbortSignal | undefined,
): Promise<number> => {
  const stored = (await handle.stat()).size;
  if (stored > size) {
    await handle.truncate(0);
    return 0;
  }
  const buffer = new Uint8Array(Math.min(WINDOW, stored));
  let done = 0;
  while (done < stored) {
    signal?.throwIfAborted();
    const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, stored - done), done);
    if (bytesRead === 0) break;
    hash?.update(buffer.subarray(0, bytesRead));
    done += bytesRead;
  }
  return done;
};

const writeAt = async (handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> => {
  let done = 0;
  while (done < bytes.length)
    done += (await handle.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
};

const broken = ({ name }: HubFile, finding: string, cause?: unknown): SecateurError =>
  new SecateurError('E_HUB', `The download of ${name} ${finding}.`, {
    hint: 'Try again: what has been fetched is kept. If it stays so, check the proxy or mirror in between.',
    ...(cause === undefined ? {} : { cause }),
  });
