import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ImportOptions } from '@secateur/core';
import { completeSnapshot } from './cache-layout.js';
import { type Fetch, fetchAll, incomplete } from './fetch-files.js';
import { fromHub } from './from-hub.js';
import type { HubImporterOptions } from './hub-importer.js';
import { parseHubName } from './hub-name.js';
import { checkIsModel, INDEX, isCompanion, shardsOf, WEIGHTS } from './model-files.js';
import type { HubFile, Snapshot } from './repository.js';

/**
 * Fetches `hf:owner/name` and `hf:owner/name@revision`, and nothing that a model folder does not need.
 * @returns the folder of the snapshot
 * @throws SecateurError E_HUB; the signal's reason
 */
export const fetchModel = async (
  model: string,
  { signal, onProgress }: Pick<ImportOptions, 'signal' | 'onProgress'>,
  options: Required<HubImporterOptions>,
): Promise<string> => {
  const name = parseHubName(model);
  const folder = await fromHub(
    {
      text: model,
      name,
      cached: layout => completeSnapshot(layout, name.revision),
      async fetch(task, snapshot) {
        checkIsModel(name.repository, [...snapshot.files.keys()]);
        await fetchAll(task, snapshot.commit, await filesOf(task, snapshot), onProgress);
        return task.layout.snapshot(snapshot.commit);
      },
    },
    signal,
    options,
  );
  return folder!;
};

/** The files that make a model folder, weights last: a folder that has them has all. Fetches the index to know. */
const filesOf = async (task: Fetch, { commit, files }: Snapshot): Promise<readonly HubFile[]> => {
  const small = [...files.values()].filter(({ name }) => isCompanion(name));
  const single = files.get(WEIGHTS);
  if (single) return [...small, single];
  const index = files.get(INDEX)!;
  await fetchAll(task, commit, [index]);
  const shards = shardsOf(await readFile(path.join(task.layout.snapshot(commit), INDEX), 'utf8'));
  const { repository } = task.name;
  if (!shards) throw incomplete(repository, `index, ${INDEX}, that names no safetensors files`);
  return [
    ...small,
    index,
    ...shards.map(shard => {
      const file = files.get(shard);
      if (!file) throw incomplete(repository, `index, ${INDEX}, that names ${shard}, which is not there`);
      return file;
    }),
  ];
};
