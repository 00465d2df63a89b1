import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root of the repository. */
export const repository = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** The development data beside the repository; undefined where it is absent. Tests that need it skip then. */
export const sharedData = (): string | undefined => {
  const folder = path.resolve(repository, '../shared/data');
  return existsSync(folder) ? folder : undefined;
};
