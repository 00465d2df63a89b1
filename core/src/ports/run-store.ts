import { createToken } from '../token.js';

/** What survives a kill: plain JSON and named arrays. */
export interface Bundle {
  readonly json: unknown;
  readonly tensors: Readonly<Record<string, Float32Array | Float64Array>>;
}

/** Room on the disk for arrays that no resume needs: not synced, and gone when the run ends or is opened again. */
export interface Scratch {
  write(name: string, data: Float32Array | Float64Array): Promise<void>;
  /** Fills an array of the type and length that was written under the name. */
  read(name: string, data: Float32Array | Float64Array): Promise<void>;
  remove(name: string): Promise<void>;
}

/** The folder of one run. Every file is written under a temporary name, synced and renamed. */
export interface RunStore {
  /** Absolute path. */
  readonly folder: string;
  /** Absolute path of an entry of the folder. */
  path(...parts: string[]): string;
  /** Saves a bundle under `checkpoints/`; the former one of that name stays until the new one is complete. */
  save(name: string, bundle: Bundle): Promise<void>;
  /** @throws SecateurError E_RESUME when it is there but damaged */
  load(name: string): Promise<Bundle | undefined>;
  remove(name: string): Promise<void>;
  /**
   * Writes a file from its pieces, one after the other; the former one of that name stays until it is complete.
   * @param file absolute path below the folder
   */
  writeFile(file: string, pieces: AsyncIterable<Uint8Array>): Promise<void>;
  /** Removes a folder of the run with all that lies in it; nothing to do where there is none. */
  removeFolder(...parts: string[]): Promise<void>;
  /** Writes a JSON document into the folder. */
  writeJson(name: string, value: unknown): Promise<void>;
  readJson(name: string): Promise<unknown>;
  /** Appends one line to `events.jsonl`. */
  event(entry: Readonly<Record<string, unknown>>): void;
  readonly scratch: Scratch;
}

/** Port: opens run folders. */
export interface RunStorage {
  /**
   * @param options.force clears what a former run left
   * @param options.keep paths that must stay whatever `force` says: what the new run reads
   * @throws SecateurError E_OUTPUT_EXISTS when the folder holds something and `force` is not set or may not clear it
   */
  create(
    folder: string,
    options?: { readonly force?: boolean; readonly keep?: readonly string[] },
  ): Promise<RunStore>;
  /** @throws SecateurError E_RESUME when the folder holds no run */
  reopen(folder: string): Promise<RunStore>;
}
export const RunStorage = createToken<RunStorage>('run-storage');
