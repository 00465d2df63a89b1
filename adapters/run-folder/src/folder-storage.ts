import { mkdir, readdir, realpath, rm } from 'node:fs/promises';
import path from 'node:path';
import { type RunStorage, SecateurError } from '@secateur/core';
import { trimHalfLine } from './event-log.js';
import { RunFolder } from './run-folder.js';

/** The mark of a run. It is cleared last, so that clearing can be cut off and done again. */
const mark = 'run.json';
/** What a run writes, and all that `force` may clear. */
const owned: ReadonlySet<string> = new Set([
  'model',
  'adapter',
  'checkpoints',
  'events.jsonl',
  'report.json',
  mark,
]);
/** Files that were being written when a run was killed. */
const isTemporary = (name: string): boolean => /^\..+\.\d+\.tmp$/.test(name);

/** Runs as folders of the file system. */
export const folderStorage: RunStorage = {
  async create(folder, { force = false, keep = [] } = {}) {
    const store = new RunFolder(folder);
    await makeFolder(store.folder);
    const names = (await readdir(store.folder)).sort();
    if (names.length === 0) return store;

    if (!force)
      throw new SecateurError(
        'E_OUTPUT_EXISTS',
        `The output folder ${store.folder} is not empty: it holds ${list(names)}.`,
        {
          hint: 'Give another folder with --out, or clear what a former run wrote with --force.',
        },
      );
    const foreign = names.filter(name => !owned.has(name) && !isTemporary(name));
    // A model beside no run.json may be somebody's input.
    const strange =
      foreign.length > 0 || names.includes(mark) ? foreign : names.filter(name => isValuable(name));
    if (strange.length > 0)
      throw new SecateurError(
        'E_OUTPUT_EXISTS',
        `The output folder ${store.folder} holds ${list(strange)}, which no run wrote; --force leaves such files alone.`,
        { hint: 'Give another folder with --out, or move these files away.' },
      );
    await checkKept(store.folder, keep);
    for (const name of names.filter(name => name !== mark)) await remove(store.path(name));
    await remove(store.path(mark));
    return store;
  },

  async reopen(folder) {
    const store = new RunFolder(folder);
    const names = await readdir(store.folder).catch((): string[] => []);
    if (!names.includes(mark))
      throw new SecateurError(
        'E_RESUME',
        `The folder ${store.folder} holds no run: there is no ${mark} in it.`,
        {
          hint: 'Give the output folder of a run that was begun.',
        },
      );
    await removeTemporary(store.folder);
    await trimHalfLine(store.path('events.jsonl'));
    return store;
  },
};

/** A model that a run wrote may be what the next one reads. */
const checkKept = async (folder: string, keep: readonly string[]): Promise<void> => {
  const root = await realpath(folder);
  for (const entry of keep) {
    const real = await realpath(entry).catch(() => path.resolve(entry));
    if (real !== root && !real.startsWith(path.join(root, path.sep))) continue;
    throw new SecateurError(
      'E_OUTPUT_EXISTS',
      `The output folder ${folder} holds ${entry}, which the run is to read; --force would delete it.`,
      { hint: 'Give another folder with --out.' },
    );
  }
};

const isValuable = (name: string): boolean => name === 'model' || name === 'adapter';

const makeFolder = async (folder: string): Promise<void> => {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST' || code === 'ENOTDIR')
      throw new SecateurError(
        'E_OUTPUT_EXISTS',
        `The output folder ${folder} cannot be made: a file is in its place.`,
        {
          hint: 'Give another folder with --out.',
          cause,
        },
      );
    throw new SecateurError(
      'E_USAGE',
      `The output folder ${folder} cannot be made: ${(cause as Error).message}.`,
      {
        hint: 'Give another folder with --out.',
        cause,
      },
    );
  }
};

const remove = (entry: string): Promise<void> => rm(entry, { recursive: true, force: true });

/** At every depth: models are written into folders of the run, and what a kill leaves of one is as large as the model. */
const removeTemporary = async (folder: string): Promise<void> => {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  for (const entry of entries)
    if (entry.isFile() && isTemporary(entry.name)) await remove(path.join(entry.parentPath, entry.name));
};

/** `a, b, c and 4 more`. */
const list = (names: readonly string[]): string =>
  names.length <= 4 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;
