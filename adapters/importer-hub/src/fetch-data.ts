import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { type DataOptions, isSecateurError, SecateurError } from '@secateur/core';
import { type CacheLayout, cachedSnapshot } from './cache-layout.js';
import { CONVERTED, dataFileOf, type WantedRows } from './data-files.js';
import { isMissing } from './failure.js';
import { fetchAll } from './fetch-files.js';
import { fromHub } from './from-hub.js';
import type { HubImporterOptions } from './hub-importer.js';
import { parseDataName } from './hub-name.js';

/**
 * Fetches one file of a data set: that which `hf:owner/name/FILE` names, or the one with the rows that are wanted. Where
 * no revision is named and `main` has no such file, the hub's own conversion to Parquet is asked.
 * @returns its path in the cache
 * @throws SecateurError E_HUB; the signal's reason
 */
export const fetchData = async (
  data: string,
  rows: WantedRows | undefined,
  { signal, onProgress }: DataOptions,
  options: Required<HubImporterOptions>,
): Promise<string> => {
  const { repository, revision, file } = parseDataName(data);
  if (file === undefined && rows === undefined) throw unnamed(data);
  let seen: readonly string[] = [];
  const choose = (names: readonly string[]): string | undefined =>
    file === undefined ? dataFileOf(repository, names, rows!) : names.find(name => name === file);
  // In the order in which they are asked.
  const branches = revision === undefined && file === undefined ? ['main', CONVERTED] : [revision ?? 'main'];
  const cached = async (layout: CacheLayout): Promise<string | undefined> => {
    for (const branch of branches) {
      const found = await cachedFile(layout, branch, choose);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const from = (branch: string): Promise<string | undefined> =>
    fromHub(
      {
        text: data,
        name: { kind: 'dataset', repository, revision: branch },
        cached,
        async fetch(task, { commit, files }) {
          if (seen.length === 0) seen = [...files.keys()];
          const name = choose([...files.keys()]);
          if (name === undefined) return undefined;
          await fetchAll(task, commit, [files.get(name)!], onProgress);
          return path.join(task.layout.snapshot(commit), name);
        },
      },
      signal,
      options,
    );
  const [first, ...others] = branches as [string, ...string[]];
  let found = await from(first);
  for (const branch of others) found ??= await from(branch).catch(noneIfMissing);
  if (found === undefined) throw lacking(repository, file ?? wordsOf(rows!), seen);
  return found;
};

const noneIfMissing = (error: unknown): undefined => {
  if (isSecateurError(error) && isMissing(error.cause)) return undefined;
  throw error;
};

const cachedFile = async (
  layout: CacheLayout,
  revision: string,
  choose: (names: readonly string[]) => string | undefined,
): Promise<string | undefined> => {
  const folder = await cachedSnapshot(layout, revision);
  if (folder === undefined) return undefined;
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const name = choose(names.map(one => one.replaceAll(path.sep, '/')));
  return name === undefined ? undefined : path.join(folder, name);
};

const wordsOf = ({ config, split }: WantedRows): string =>
  `rows of the split ${split}${config === undefined ? '' : ` of ${config}`}`;

const unnamed = (data: string): SecateurError =>
  new SecateurError('E_HUB', `${data} names a data set, expected a file in it.`, {
    hint: `Write ${data}/FILE: nothing else says which of its rows are wanted.`,
  });

const lacking = (repository: string, wanted: string, seen: readonly string[]): SecateurError => {
  const shown = seen.length === 0 ? 'no file' : seen.slice(0, 5).join(', ');
  const more = seen.length > 5 ? ` and ${seen.length - 5} more` : '';
  return new SecateurError('E_HUB', `${repository} has no ${wanted}, only ${shown}${more}.`, {
    hint: `Name a file of it, JSON Lines, JSON or Parquet: hf:${repository}/FILE.`,
  });
};
