import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { SecateurError } from '@secateur/core';
import type { TensorRef } from '@secateur/core/graph';

/** Where the files of external initializers lie, for a session. */
export interface ExternalFiles {
  /** The common ancestor of all files; undefined when there are none. */
  readonly folder: string | undefined;
  /** Path of a file relative to the folder, with forward slashes. */
  locate(file: string): string;
}

/**
 * onnxruntime refuses absolute locations and symbolic links that leave the folder, and hub caches are made of
 * links: so real paths, below their common ancestor.
 * @throws SecateurError E_ENGINE when a file is gone or the files share no folder (two Windows drives).
 */
export const externalFiles = async (refs: Iterable<Pick<TensorRef, 'file'>>): Promise<ExternalFiles> => {
  const real = new Map<string, string>();
  for (const { file } of refs) if (!real.has(file)) real.set(file, await realFile(file));
  const folder = commonFolder([...real.values()].map(file => path.dirname(file)));
  return {
    folder,
    locate: file => path.relative(folder!, real.get(file)!).split(path.sep).join('/'),
  };
};

const realFile = async (file: string): Promise<string> => {
  try {
    return await realpath(file);
  } catch (cause) {
    throw new SecateurError('E_ENGINE', `The weight file ${file} cannot be opened.`, { cause });
  }
};

const commonFolder = (folders: readonly string[]): string | undefined =>
  folders.length === 0 ? undefined : folders.reduce(commonAncestor);

const commonAncestor = (a: string, b: string): string => {
  let folder = a;
  while (isOutside(path.relative(folder, b))) {
    const parent = path.dirname(folder);
    if (parent === folder)
      throw new SecateurError('E_ENGINE', `The folders ${a} and ${b} have no common ancestor.`);
    folder = parent;
  }
  return folder;
};

const isOutside = (relative: string): boolean =>
  relative === '..' || relative.startsWith(`..${path.sep}`) || path.isAbsolute(relative);
