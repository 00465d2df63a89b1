import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { companionNames } from '@secateur/core';

/** Those beside a model or, where there are none, in the folder above, as in `onnx/model.onnx`. */
export const companionsOf = async (folder: string): Promise<readonly string[]> => {
  const beside = await within(folder);
  return beside.length > 0 ? beside : within(path.dirname(folder));
};

const within = async (folder: string): Promise<string[]> => {
  const entries = await readdir(folder).catch(() => []);
  return entries
    .filter(name => companionNames.has(name))
    .sort()
    .map(name => path.join(folder, name));
};
