import { resolve } from 'node:path';

/**
 * What a model or a data file names, seen from a folder: an absolute path, or `scheme:name` as it is, for an importer. One
 * letter and a colon is a drive of Windows.
 */
export const inputFrom = (folder: string, input: string): string =>
  isSchemeName(input) ? input : resolve(folder, input);

/** Whether a text is `scheme:name`. */
export const isSchemeName = (input: string): boolean => /^[a-z][a-z0-9-]+:/i.test(input);
