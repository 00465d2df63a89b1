import { SecateurError } from '../errors.js';
import type { Bundle, RunStorage, RunStore, Scratch } from '../ports/run-store.js';

/** Scratch in memory. */
export class MemoryScratch implements Scratch {
  readonly files = new Map<string, Float32Array | Float64Array>();
  /** Arrays that were ever written. */
  written = 0;

  async write(name: string, data: Float32Array | Float64Array): Promise<void> {
    this.files.set(name, data.slice());
    this.written++;
  }

  async read(name: string, data: Float32Array | Float64Array): Promise<void> {
    data.set(this.files.get(name)!);
  }

  async remove(name: string): Promise<void> {
    this.files.delete(name);
  }
}

/** A run folder in memory. Bundles are copied on the way in and out, as a disk would. */
export class MemoryStore implements RunStore {
  readonly #bundles = new Map<string, Bundle>();
  readonly #documents = new Map<string, string>();
  /** Bytes of written files by path. */
  readonly files = new Map<string, Uint8Array>();
  /** Names of all bundles in the order in which they were saved. */
  readonly saves: string[] = [];
  readonly events: Readonly<Record<string, unknown>>[] = [];

  readonly scratch = new MemoryScratch();

  /** @param models what a format keeps in memory, by path: folders of the run too */
  constructor(
    readonly folder: string,
    private readonly models: Map<string, unknown> = new Map(),
  ) {}

  path(...parts: string[]): string {
    return [this.folder, ...parts].join('/');
  }

  async save(name: string, bundle: Bundle): Promise<void> {
    this.#bundles.set(name, {
      json: JSON.parse(JSON.stringify(bundle.json)),
      tensors: structuredClone(bundle.tensors),
    });
    this.saves.push(name);
  }

  async load(name: string): Promise<Bundle | undefined> {
    return structuredClone(this.#bundles.get(name));
  }

  async remove(name: string): Promise<void> {
    this.#bundles.delete(name);
  }

  async writeFile(file: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
    const parts: Uint8Array[] = [];
    for await (const piece of pieces) parts.push(piece.slice());
    this.files.set(file, Uint8Array.from(parts.flatMap(part => [...part])));
  }

  async removeFolder(...parts: string[]): Promise<void> {
    const folder = this.path(...parts);
    for (const entries of [this.models, this.files])
      for (const path of [...entries.keys()])
        if (path === folder || path.startsWith(`${folder}/`)) entries.delete(path);
  }

  async writeJson(name: string, value: unknown): Promise<void> {
    this.#documents.set(name, JSON.stringify(value));
  }

  async readJson(name: string): Promise<unknown> {
    const text = this.#documents.get(name);
    return text === undefined ? undefined : JSON.parse(text);
  }

  event(entry: Readonly<Record<string, unknown>>): void {
    this.events.push(entry);
  }
}

/** Run folders in memory. */
export class MemoryStorage implements RunStorage {
  readonly stores = new Map<string, MemoryStore>();

  /** @param models what a format keeps in memory, by path */
  constructor(private readonly models: Map<string, unknown> = new Map()) {}

  async create(folder: string, { force = false }: { readonly force?: boolean } = {}): Promise<MemoryStore> {
    if (this.stores.has(folder) && !force)
      throw new SecateurError('E_OUTPUT_EXISTS', `${folder} holds a run`);
    const store = new MemoryStore(folder, this.models);
    this.stores.set(folder, store);
    return store;
  }

  async reopen(folder: string): Promise<MemoryStore> {
    const store = this.stores.get(folder);
    if (!store) throw new SecateurError('E_RESUME', `${folder} holds no run`);
    return store;
  }
}
