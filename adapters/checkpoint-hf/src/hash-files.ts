import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import path from 'node:path';

/** sha256 (hex) over the lines `<sha256 of the file>  <name>`, in the order given. Files are streamed. */
export const hashFiles = async (files: readonly string[]): Promise<string> => {
  const all = createHash('sha256');
  for (const file of files) all.update(`${await hashFile(file)}  ${path.basename(file)}\n`);
  return all.digest('hex');
};

const hashFile = async (file: string): Promise<string> => {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 2 ** 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
};

/** Computes on the first call only. A failure is not kept. */
export const once = <T>(compute: () => Promise<T>): (() => Promise<T>) => {
  let result: Promise<T> | undefined;
  return () => {
    result ??= compute().catch(error => {
      result = undefined;
      throw error;
    });
    return result;
  };
};
