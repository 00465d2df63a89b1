import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { downloadFile } from '@huggingface/hub';
import { type ImportOptions, SecateurError } from '@secateur/core';
import {
  type CacheLayout,
  cacheLayout,
  completeSnapshot,
  linkInto,
  noteCommit,
  sizeOfFile,
} from './cache-layout.js';
import { findingOf, hubFailure, isUnavailable } from './failure.js';
import { fetchBlob } from './fetch-blob.js';
import type { HubImporterOptions } from './hub-importer.js';
import { type HubName, parseHubName } from './hub-name.js';
import { checkIsModel, INDEX, isCompanion, shardsOf, WEIGHTS } from './model-files.js';
import { type Patience, patientFetch } from './patient-fetch.js';
import { credentials, type HubFile, lookUp, type Snapshot } from './repository.js';
import { type HubSettings, readSettings } from './settings.js';

/** One model being fetched. */
interface Fetch {
  readonly name: HubName;
  readonly settings: HubSettings;
  readonly layout: CacheLayout;
  readonly patience: Patience;
  readonly fetcher: typeof fetch;
}

/**
 * Fetches `hf:owner/name` and `hf:owner/name@revision` into the cache that Hugging Face's own programs use, and nothing
 * that a model folder does not need.
 *
 * The client's own `downloadFileToCacheDir` prints, and neither resumes, checks content nor can be interrupted: of the
 * client we use what asks the hub, and its layout of the cache.
 * @returns the folder of the snapshot
 * @throws SecateurError E_HUB; the signal's reason
 */
export const fetchModel = async (
  model: string,
  { signal, onProgress }: Pick<ImportOptions, 'signal' | 'onProgress'>,
  { log, environment, delays }: Required<HubImporterOptions>,
): Promise<string> => {
  const name = parseHubName(model);
  const settings = await readSettings(environment);
  const layout = cacheLayout(settings.cache, name);
  const cached = () => completeSnapshot(layout, name.revision);
  if (settings.offline) {
    const folder = (await cached()) ?? refuseOffline(model, settings);
    log('info', `HF_HUB_OFFLINE is set: the copy of ${model} in the cache is used: ${folder}`);
    return folder;
  }
  const patience = { delays, signal };
  const task = { name, settings, layout, patience, fetcher: patientFetch(patience) };
  let snapshot: Snapshot;
  try {
    snapshot = await lookUp(name, settings, task.fetcher);
  } catch (error) {
    signal?.throwIfAborted();
    const folder = isUnavailable(error) ? await cached() : undefined;
    if (folder === undefined) throw hubFailure(error, name, settings);
    log('warn', `${findingOf(error, settings)}; the copy of ${model} in the cache is used: ${folder}`);
    return folder;
  }
  checkIsModel(name.repository, [...snapshot.files.keys()]);
  await fetchAll(task, snapshot.commit, await filesOf(task, snapshot), onProgress);
  if (name.revision !== snapshot.commit) await noteCommit(layout, snapshot.commit);
  return layout.snapshot(snapshot.commit);
};

const refuseOffline = (model: string, { cache }: HubSettings): never => {
  throw new SecateurError('E_HUB', `HF_HUB_OFFLINE is set, and ${cache} has no complete copy of ${model}.`, {
    hint: 'Unset HF_HUB_OFFLINE to fetch it once, or name a model folder on this machine.',
  });
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

const incomplete = (repository: string, what: string): SecateurError =>
  new SecateurError('E_HUB', `${repository} has an ${what}.`, {
    hint: 'Its upload is incomplete: try another revision, hf:owner/name@revision.',
  });

/** Fetches what the cache lacks, one file after the other. */
const fetchAll = async (
  task: Fetch,
  commit: string,
  files: readonly HubFile[],
  onProgress: ImportOptions['onProgress'] = () => {},
): Promise<void> => {
  const folder = task.layout.snapshot(commit);
  const missing: HubFile[] = [];
  for (const file of files)
    if ((await sizeOfFile(path.join(folder, file.name))) !== file.size) missing.push(file);
  const total = missing.reduce((sum, { size }) => sum + size, 0);
  let before = 0;
  for (const file of missing) {
    const blob = task.layout.blob(file.etag);
    const start = before;
    try {
      if ((await sizeOfFile(blob)) !== file.size)
        await fetchFile(task, commit, file, blob, done => onProgress(start + done, total, 'bytes'));
      await linkInto(blob, path.join(folder, file.name));
    } catch (error) {
      task.patience.signal?.throwIfAborted();
      throw hubFailure(error, task.name, task.settings, file.name);
    }
    before += file.size;
    onProgress(before, total, 'bytes');
  }
};

const fetchFile = async (
  { name, settings, patience, fetcher }: Fetch,
  revision: string,
  file: HubFile,
  blob: string,
  onBytes: (done: number) => void,
): Promise<void> => {
  const nothing = async function* () {};
  // Plain HTTP, not Xet: it resumes at any byte, and mirrors speak it too.
  const content =
    file.size === 0
      ? undefined
      : await downloadFile({
          ...credentials(settings, fetcher),
          repo: { type: 'model', name: name.repository },
          path: file.name,
          revision,
          xet: false,
        });
  if (content === null) throw incomplete(name.repository, `entry ${file.name} without content`);
  await fetchBlob(file, blob, start => content?.slice(start).stream() ?? nothing(), { ...patience, onBytes });
};
