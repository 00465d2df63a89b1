import { access, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SecateurError, version } from '@secateur/core';
import { differences } from '../differences.js';
import { json, writeFiles } from '../write-files.js';
import { type Cell, type CellName, type FailedCell, folderOf, titleOf } from './cell.js';

/** Everything that decides the numbers of a cell, as JSON. */
export interface CellSettings {
  readonly config: unknown;
  readonly preset: string;
  readonly plugins: unknown;
}

/**
 * The folders of cells: `settings.json` before a cell begins, the run in `run/`, `cell.json` once it is done. Each file
 * is there whole or not at all.
 */
export class CellStore {
  constructor(private readonly folder: string) {}

  /** Output folder of the cell's run. */
  runFolder(name: CellName): string {
    return join(this.#home(name), 'run');
  }

  /**
   * The cell as it is kept; undefined where it is not done.
   * @throws SecateurError E_RESUME where it was begun with other settings
   */
  async kept(name: CellName, settings: CellSettings): Promise<Cell | FailedCell | undefined> {
    const before = await this.#read(name, 'settings.json');
    if (before === undefined) return undefined;
    const changed = differences(before, stamped(settings));
    if (changed.length > 0)
      throw new SecateurError(
        'E_RESUME',
        `the cell ${titleOf(name)} in ${this.#home(name)} was made with other settings: ${changed.join(', ')}`,
        {
          hint: 'give another folder with --out, put the settings back, or make all cells anew: --no-resume',
        },
      );
    return (await this.#read(name, 'cell.json')) as Cell | FailedCell | undefined;
  }

  /** Forgets that the cell is done; its run is cleared when it begins anew. */
  async forget(name: CellName): Promise<void> {
    for (const file of ['cell.json', 'settings.json'])
      await rm(join(this.#home(name), file), { force: true });
  }

  async begin(name: CellName, settings: CellSettings): Promise<void> {
    await writeFiles(this.#home(name), { 'settings.json': json(stamped(settings)) });
  }

  /** Keeps a cell that is done, and lets go of what only a resume would read. */
  async keep(cell: Cell | FailedCell): Promise<void> {
    await writeFiles(this.#home(cell), { 'cell.json': json(cell) });
    await rm(join(this.runFolder(cell), 'checkpoints'), { recursive: true, force: true });
  }

  #home(name: CellName): string {
    return join(this.folder, 'cells', folderOf(name));
  }

  async #read(name: CellName, file: string): Promise<unknown> {
    const path = join(this.#home(name), file);
    if (!(await exists(path))) return undefined;
    try {
      return JSON.parse(await readFile(path, 'utf8'));
    } catch (cause) {
      throw new SecateurError('E_RESUME', `${path} cannot be read: ${(cause as Error).message}`, {
        hint: 'make all cells anew: --no-resume',
        cause,
      });
    }
  }
}

/** Another version may compute other numbers. */
const stamped = (settings: CellSettings): unknown => ({ version, ...settings });

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
