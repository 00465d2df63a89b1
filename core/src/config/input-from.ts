import { resolve } from 'node:path';

/**
 * What `model` names, seen from a folder: an absolute path, or `scheme:name` as it is, for an importer. One letter and a
 * colon is a drive of Windows.
 */
export const modelFrom = (folder: string, model: string): string =>
  /^[a-z][a-z0-9-]+:/i.test(model) ? model : resolve(folder, model);
