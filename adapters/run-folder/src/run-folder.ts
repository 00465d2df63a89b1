import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { stageFiles } from '@secateur/adapter-checkpoint-hf';
import { type Bundle, type RunStore, SecateurError } from '@secateur/core';
import { readBundle, writeBundle } from './bundle-file.js';
import { appendEvent } from './event-log.js';
import { ScratchFiles } from './scratch-files.js';

/** The files of a run in a folder that exists. Calls about one name are to be awaited before the next. */
export class RunFolder implements RunStore {
  readonly folder: string;
  readonly scratch = new ScratchFiles(name => this.path(name));

  constructor(folder: string) {
    this.folder = path.resolve(folder);
  }

  path(...parts: string[]): string {
    const entry = path.resolve(this.folder, ...parts);
    if (!entry.startsWith(path.join(this.folder, path.sep)))
      throw new Error(`${entry} lies outside ${this.folder}`);
    return entry;
  }

  save(name: string, bundle: Bundle): Promise<void> {
    return writeBundle(this.#bundle(name), bundle);
  }

  load(name: string): Promise<Bundle | undefined> {
    return readBundle(this.#bundle(name));
  }

  remove(name: string): Promise<void> {
    return rm(this.#bundle(name), { force: true });
  }

  writeFile(file: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
    if (this.path(file) !== file) throw new Error(`${file} is no absolute path`);
    return stageFiles(path.dirname(file), staging =>
      staging.write(path.basename(file), async out => {
        for await (const piece of pieces) await out.write(piece);
      }),
    );
  }

  removeFolder(...parts: string[]): Promise<void> {
    return rm(this.path(...parts), { recursive: true, force: true });
  }

  writeJson(name: string, value: unknown): Promise<void> {
    const file = this.path(name);
    const bytes = new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
    return stageFiles(path.dirname(file), staging =>
      staging.write(path.basename(file), out => out.write(bytes)),
    );
  }

  /**
   * The document; undefined when there is none.
   * @throws SecateurError E_RESUME when it cannot be read or is not JSON
   */
  async readJson(name: string): Promise<unknown> {
    const file = this.path(name);
    const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT') return undefined;
      throw new SecateurError('E_RESUME', `${file} cannot be read: ${cause.message}.`, {
        hint: 'Start the run anew in another folder.',
        cause,
      });
    });
    if (text === undefined) return undefined;
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new SecateurError('E_RESUME', `${file} is not JSON.`, {
        hint: 'Start the run anew with --force.',
        cause,
      });
    }
  }

  event(entry: Readonly<Record<string, unknown>>): void {
    appendEvent(this.path('events.jsonl'), entry);
  }

  /** Names may hold a slash (`@scope/plugin`), which must not become a folder. */
  #bundle(name: string): string {
    return this.path('checkpoints', `${encodeURIComponent(name)}.safetensors`);
  }
}
