import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { TOLERANCE } from '../self-check/comparison.js';

/**
 * Remembers which checks were passed: `<folder>/devices/<key>.json`. A device that failed is checked again each time,
 * since what it lacked may have come.
 */
export class PassedChecks {
  readonly #folder: string;

  /** @param folder that of caches; made when it is needed */
  constructor(folder: string) {
    this.#folder = path.join(folder, 'devices');
  }

  /** The relative error of a check that was passed; undefined for a file that is not there, or not as it was written. */
  async find(key: string): Promise<number | undefined> {
    try {
      const { error } = JSON.parse(await readFile(this.#file(key), 'utf8')) as { error?: unknown };
      return typeof error === 'number' && error >= 0 && error <= TOLERANCE ? error : undefined;
    } catch {
      return undefined;
    }
  }

  /** A folder that cannot be written is no fault of the device: the check is then done again next time. */
  async add(key: string, record: { readonly error: number; readonly driver: string }): Promise<void> {
    const file = this.#file(key);
    const temporary = `${file}.${process.pid}.tmp`;
    try {
      await mkdir(this.#folder, { recursive: true });
      const handle = await open(temporary, 'w');
      try {
        await handle.writeFile(`${JSON.stringify(record)}\n`);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(temporary, file);
    } catch {}
  }

  #file(key: string): string {
    return path.join(this.#folder, `${key}.json`);
  }
}

/** Everything that a check depends on, as a name of a file. */
export const keyOf = (...parts: readonly (string | Uint8Array)[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest('hex').slice(0, 32);
};
