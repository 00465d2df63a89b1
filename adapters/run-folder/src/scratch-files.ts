import { open, rm, writeFile } from 'node:fs/promises';
import { readFully } from '@secateur/adapter-checkpoint-hf';
import type { Scratch } from '@secateur/core';

/** A file for each array, with a name that tells what was being written: opening the run again removes it. */
export class ScratchFiles implements Scratch {
  /** @param path absolute path of an entry of the run's folder */
  constructor(private readonly path: (name: string) => string) {}

  write(name: string, data: Float32Array | Float64Array): Promise<void> {
    return writeFile(this.#file(name), bytesOf(data));
  }

  async read(name: string, data: Float32Array | Float64Array): Promise<void> {
    const file = this.#file(name);
    const handle = await open(file, 'r');
    try {
      const bytes = bytesOf(data);
      const done = await readFully(handle, bytes, 0);
      if (done < bytes.length) throw new Error(`${file} ends at byte ${done} of ${bytes.length}`);
    } finally {
      await handle.close();
    }
  }

  remove(name: string): Promise<void> {
    return rm(this.#file(name), { force: true });
  }

  #file(name: string): string {
    return this.path(`.scratch-${encodeURIComponent(name)}.${process.pid}.tmp`);
  }
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Float64Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
