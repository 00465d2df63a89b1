import path from 'node:path';
import { downloadFile } from '@huggingface/hub';
import { type ImportOptions, SecateurError } from '@secateur/core';
import { type CacheLayout, linkInto, sizeOfFile } from './cache-layout.js';
import { hubFailure } from './failure.js';
import { fetchBlob } from './fetch-blob.js';
import type { HubName } from './hub-name.js';
import type { Patience } from './patient-fetch.js';
import { credentials, type HubFile } from './repository.js';
import type { HubSettings } from './settings.js';

/** One repository that files are fetched from. */
export interface Fetch {
  readonly name: HubName;
  readonly settings: HubSettings;
  readonly layout: CacheLayout;
  readonly patience: Patience;
  readonly fetcher: typeof fetch;
}

/**
 * Fetches what the cache lacks, one file after the other.
 *
 * The client's own `downloadFileToCacheDir` prints, and neither resumes, checks content nor can be interrupted: of the
 * client we use what asks the hub, and its layout of the cache.
 */
export const fetchAll = async (
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
          repo: { type: name.kind, name: name.repository },
          path: file.name,
          revision,
          xet: false,
        });
  if (content === null) throw incomplete(name.repository, `entry ${file.name} without content`);
  await fetchBlob(file, blob, start => content?.slice(start).stream() ?? nothing(), { ...patience, onBytes });
};

/** What the hub lists and does not have. */
export const incomplete = (repository: string, what: string): SecateurError =>
  new SecateurError('E_HUB', `${repository} has an ${what}.`, {
    hint: 'Its upload is incomplete: try another revision, hf:owner/name@revision.',
  });
