import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { OnnxTensor } from '@secateur/core';

/** sha256 (hex) over the model and the files of its external weights, in the order of their names. Streamed. */
export const hashOf = async (file: string, initializers: readonly OnnxTensor[]): Promise<string> => {
  const beside = new Set(
    initializers.flatMap(({ bytes }) => (bytes && bytes.file !== file ? [bytes.file] : [])),
  );
  const hash = createHash('sha256');
  for (const each of [file, ...[...beside].sort()]) await add(hash, each);
  return hash.digest('hex');
};

const add = async (hash: Hash, file: string): Promise<void> => {
  for await (const chunk of createReadStream(file, { highWaterMark: 2 ** 20 })) hash.update(chunk as Buffer);
};
